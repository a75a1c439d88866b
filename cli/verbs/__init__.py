"""The verbs, one module each, in the order in which `shipline --help` shows them."""

import argparse
import importlib
from typing import Protocol

from cli.world import World

GROUPS: dict[str, tuple[str, ...]] = {
    "see it work": ("demo",),
    "this machine": ("up", "down", "env", "status", "logs", "reset"),
    "the definition": ("validate", "explain", "schema"),
    "releases, here or on AWS": ("releases", "approve", "reject", "retry"),
}


class Verb(Protocol):
    SUMMARY: str

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace, world: World) -> int: ...


def load(name: str) -> Verb:
    verb: Verb = importlib.import_module(f"cli.verbs.{name}")
    return verb
