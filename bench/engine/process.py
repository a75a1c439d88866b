"""A whole process: its wall time from the call that starts it to the one that reaps it, and the most memory it held."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
LONGEST = 900.0  # seconds; what takes longer has hung
LAST_LINES = 12


@dataclass(frozen=True)
class Ran:
    began: float  # time.monotonic(), which all processes of a machine share
    ended: float
    code: int
    memory: int  # bytes, of the program or of a child of its own, whichever held more
    cpu: float  # seconds
    output: str
    waited: float = 0.0  # seconds in which it did nothing but wait for pods and controllers

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def working(self) -> float:
        """What there is to compare with a tool that does not wait."""
        return self.seconds - self.waited


class ProgramFailed(Exception):
    """A measured program did not do its work: no figure comes of it."""


def run(argv: Sequence[str | Path], environ: Mapping[str, str], *, timeout: float = LONGEST) -> Ran:
    """In an empty folder; ProgramFailed with its last lines when it fails, or has not ended after `timeout` seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-run-") as folder:
        result, output = Path(folder) / "result", Path(folder) / "output"
        launched = [sys.executable, "-I", "-S", str(LAUNCHER), str(result), *map(str, argv)]
        with output.open("wb") as written:
            process = subprocess.Popen(
                launched,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                cwd=folder,
                env=environ,
                start_new_session=True,
            )
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                raise ProgramFailed(f"{_told(argv)}: not ended after {timeout:.0f} s\n{_last(output)}") from None
            finally:
                _end(process)
        took = json.loads(result.read_text())
        if took["code"]:
            raise ProgramFailed(f"{_told(argv)}: exit code {took['code']}\n{_last(output)}")
        return Ran(**took, output=output.read_text(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """The launcher and what it launched: they are a session of their own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _told(argv: Sequence[str | Path]) -> str:
    words = [str(each) for each in argv]
    return " ".join([Path(words[0]).name, *words[1:3]])


def _last(output: Path) -> str:
    return "\n".join(f"  {line}" for line in output.read_text(errors="replace").splitlines()[-LAST_LINES:])
