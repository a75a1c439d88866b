"""Runs other programs: an argument list, an explicit environment, a log, and a time limit."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CANNOT_RUN, CommandError

TAIL = 12  # lines of output that an error shows


@dataclass(frozen=True)
class Job:
    """`log` gets every line; `advice` is what a user does when it fails."""

    argv: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path
    log: Path
    timeout: float = 1800
    advice: str = ""
    code: int = CANNOT_RUN
    essence: Callable[[list[str]], list[str]] = lambda lines: lines[-TAIL:]  # what of its output an error shows


def run(job: Job, on_line: Callable[[str], None] = lambda _: None) -> list[str]:
    """The program's output, line by line to `on_line` while it runs; CommandError when it fails."""
    with _started(job) as process:
        return _followed(job, process, on_line)


@contextmanager
def beside(job: Job) -> Iterator[Callable[[], list[str]]]:
    """The program runs beside the block, and is ended with it; the block calls what it gets to wait, as `run` does."""
    with _started(job) as process:
        try:
            yield lambda: _followed(job, process, lambda _: None)
        finally:
            if process.poll() is None:
                _end(process)


def _followed(job: Job, process: "subprocess.Popen[str]", on_line: Callable[[str], None]) -> list[str]:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with job.log.open("a") as log:
        assert process.stdout is not None
        timer = threading.Timer(job.timeout, _end, [process])
        timer.start()
        try:
            for line in process.stdout:
                log.write(line)
                lines.append(line.rstrip())
                on_line(line)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            timer.cancel()
    if code:
        raise CommandError(_told(job, code, lines), job.advice or f"the whole output: {job.log}", job.code)
    return lines


def _started(job: Job) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            list(job.argv),
            env=dict(job.environ),
            cwd=job.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # so that all of it can be ended
        )
    except FileNotFoundError as error:
        raise CommandError(f"{job.argv[0]} is not installed", "make install") from error


def _end(process: "subprocess.Popen[str]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _told(job: Job, code: int, lines: list[str]) -> str:
    name = " ".join([Path(job.argv[0]).name, *job.argv[1:3]])
    told = job.essence([line for line in lines if line.strip()])
    if code == -signal.SIGKILL:
        name += f" (ended after {job.timeout:.0f} s)"
    how = f"failed with exit code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"
    return "\n".join([f"{name} {how}", *(f"  {line}" for line in told)])
