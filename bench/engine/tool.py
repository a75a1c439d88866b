"""What can be measured: how a tool is called for each work, and where it says its version."""

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.engine.cluster import Place
from bench.engine.process import Ran, run
from bench.engine.workload import Files

Argv = Sequence[str | Path]


@dataclass(frozen=True)
class Tool:
    """Its command lines; those that are None are no part of what the tool can do."""

    name: str
    program: Path
    version: tuple[str, ...]  # the arguments that make it tell its version
    deploy: Callable[[Place, Files], Argv]
    note: str  # the flags it gets, for the reader of the table
    rollback: Callable[[Place], Argv] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    waited: Callable[[str], float] | None = None  # its output -> seconds that it waited for pods and controllers

    @property
    def namespace(self) -> str:
        """Its name, as a namespace may be called."""
        return re.sub("[^a-z]+", "-", self.name)

    def run(self, argv: Argv, place: Place) -> Ran:
        """One of its command lines, to its end."""
        ran = run(argv, place.environ)
        return replace(ran, waited=self.waited(ran.output)) if self.waited else ran

    def told(self) -> str:
        """The version, or "" when the program cannot be had."""
        if not self.program.exists():
            return ""
        done = subprocess.run([self.program, *self.version], capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines()
        return lines[0] if lines else ""
