"""The verbs, one module each, in the order in which `shipline --help` shows them."""

import argparse
import importlib
from typing import Protocol

from cli.world import World

GROUPS: dict[str, tuple[str, ...]] = {
    "see it work": ("demo",),
    "this machine": ("up", "down", "env", "status", "logs", "reset"),
    "the definition": ("init", "validate", "explain", "plan", "cost", "upgrade", "schema"),
    "the pipeline's releases, here or on AWS": ("releases", "dora", "approve", "reject", "retry"),
    "releases from here, to the cluster of a kubeconfig": ("diff", "deploy", "rollback", "history", "hold", "lift"),
}
VERBS = {name: f"cli.verbs.{name}" for names in GROUPS.values() for name in names}


class Verb(Protocol):
    SUMMARY: str

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace, world: World) -> int: ...


def load(name: str) -> Verb:
    """A verb's module, imported when it is asked for: a command pays for no other one."""
    verb: Verb = importlib.import_module(VERBS[name])
    return verb
