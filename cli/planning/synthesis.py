"""A service's folder → the stacks that `cdk synth` makes of it; or those of a cloud assembly that is there already."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.errors import CommandError
from cli.planning.template import Template
from cli.process import Job, run
from cli.world import World

STACK = "aws:cloudformation:stack"


@dataclass(frozen=True)
class Stack:
    """`account` and `region` are "" where the template fits any."""

    name: str
    template: Template
    account: str = ""
    region: str = ""


def synthesized(world: World, folder: Path, account: str, region: str) -> tuple[Stack, ...]:
    """In the order in which they are deployed; CommandError (2) with the program's own words when it fails."""
    with TemporaryDirectory(prefix="shipline-plan-") as place:
        out = Path(place) / "cdk.out"
        run(_program(world, folder, out, account, region))
        return assembled(out)


def assembled(folder: Path) -> tuple[Stack, ...]:
    """The stacks of a cloud assembly, which is what `cdk synth --output FOLDER` writes."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        raise CommandError(f"{folder} is no cloud assembly: it has no manifest.json", f"cdk synth --output {folder}")
    found = json.loads(manifest.read_text())
    if found.get("missing"):
        raise CommandError(
            "the stacks need what is to be looked up in the account first", "cdk synth, then --assembly cdk.out"
        )
    artifacts = {name: each for name, each in found["artifacts"].items() if each["type"] == STACK}
    return tuple(_stack(folder, name, artifacts[name]) for name in _ordered(artifacts))


def _program(world: World, folder: Path, out: Path, account: str, region: str) -> Job:
    """The CDK app, told what the CDK CLI tells it."""
    told = {
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps({"service": str(folder.resolve())}),
        "CDK_DEFAULT_ACCOUNT": account,
        "CDK_DEFAULT_REGION": region,
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }
    return Job(
        argv=[str(world.python), "-m", "pipeline"],
        environ={**world.environ, **told},
        cwd=world.checkout,
        log=out.parent / "synthesis.log",
        timeout=600,
        advice="correct it and plan again",
    )


def _stack(folder: Path, name: str, artifact: Mapping[str, Any]) -> Stack:
    told = artifact["properties"]
    account, _, region = str(artifact.get("environment", "")).removeprefix("aws://").partition("/")
    template = json.loads((folder / told["templateFile"]).read_text())
    return Stack(told.get("stackName", name), template, _known(account), _known(region))


def _known(text: str) -> str:
    return "" if text.startswith("unknown-") else text


def _ordered(artifacts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Each behind those that it depends on."""
    order: list[str] = []

    def put(name: str) -> None:
        for other in artifacts[name].get("dependencies", ()):
            if other in artifacts:
                put(other)
        if name not in order:
            order.append(name)

    for name in artifacts:
        put(name)
    return order
