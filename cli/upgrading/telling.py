"""Steps → the lines of `shipline upgrade`, or its data."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from cli.upgrading.plan import Step, Upgrade

WIDTH = 100


def tell(found: Upgrade) -> Iterator[str]:
    yield f"{found.cluster}: Kubernetes {found.now} → {found.to}"
    yield from (f"  {line}" for line in found.support)
    for number, step in enumerate(found.steps, 1):
        yield from _step(number, step)


def data(found: Upgrade) -> dict[str, Any]:
    return asdict(found)


def _step(number: int, step: Step) -> Iterator[str]:
    yield f"{number}. {step.title}"
    for line in step.told:
        yield from textwrap.wrap(line, WIDTH, initial_indent="   ", subsequent_indent="   ")
    yield from (f"   $ {command}" if _runs(command) else f"   → {command}" for command in step.commands)
    yield from textwrap.wrap(f"undone: {step.undo}", WIDTH, initial_indent="   ", subsequent_indent="     ")


def _runs(command: str) -> bool:
    return command.startswith(("aws ", "cdk ", "shipline "))
