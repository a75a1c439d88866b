"""Other programs: an argv list in, output out. Nothing is hidden: what a program says is shown."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from .fatal import Fatal

MASK = "***"
SHORTEST = 3
_printing = threading.Lock()


@dataclass(frozen=True)
class Ran:
    status: int
    output: str

    def tail(self, lines: int = 8) -> str:
        """The last lines that say something."""
        return "\n".join([line for line in self.output.splitlines() if line.strip()][-lines:])


def say(line: str) -> None:
    with _printing:
        print(line, flush=True)


def ask(argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run quietly; standard output and error are in the answer, whatever the status."""
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise _missing(argv) from None


def stream(
    argv: Sequence[str],
    label: str,
    given: bytes | None = None,
    defaults: Mapping[str, str] | None = None,
    hidden: Sequence[str] = (),
) -> Ran:
    """Run and show each line behind the label as it comes; several may run in threads at once.

    `defaults` are variables for where the environment has none; what is `hidden` is replaced in all that is shown.
    """
    masked = _lines(hidden)
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=False,
            env={**(defaults or {}), **os.environ},
        )
    except FileNotFoundError:
        raise _missing(argv) from None
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = threading.Thread(target=_feed, args=(process.stdin, given or b""), daemon=True)
    feeding.start()
    lines: list[str] = []
    with process.stdout as output:
        for raw in output:
            line = _masked(raw.decode("utf-8", "replace").rstrip("\n"), masked)
            lines.append(line)
            say(f"{label} | {line}")
    feeding.join()
    return Ran(process.wait(), "\n".join(lines))


def _lines(hidden: Sequence[str]) -> list[str]:
    """What may not be seen in a line, the longest first; a line of one or two letters would mask half of every line."""
    found = {line.strip() for value in hidden for line in value.splitlines()}
    return sorted((line for line in found if len(line) >= SHORTEST), key=len, reverse=True)


def _masked(line: str, hidden: Sequence[str]) -> str:
    for each in hidden:
        line = line.replace(each, MASK)
    return line


def _feed(target: IO[bytes], data: bytes) -> None:
    try:
        target.write(data)
        target.close()
    except BrokenPipeError:
        pass  # it ended before it read everything: its status says why


def shell(command: str) -> Ran:
    """The user's own command line; output goes to ours as it comes."""
    process = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    pieces: list[bytes] = []
    for raw in process.stdout:
        pieces.append(raw)
        sys.stdout.write(raw.decode("utf-8", "replace"))
        sys.stdout.flush()
    return Ran(process.wait(), b"".join(pieces).decode("utf-8", "replace"))


def _missing(argv: Sequence[str]) -> Fatal:
    return Fatal(f"the program {argv[0]} is not on PATH")
