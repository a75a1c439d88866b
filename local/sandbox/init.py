"""Pid 1 of a sandbox: `python -m local.sandbox.init PLAN.json`.

Control group → loopback → the plan's steps in order → {"event": "ready"} → reap until something dies.
It speaks to who started it by lines of JSON on standard output; with its end the kernel ends all in here.
Only the standard library, little of it, and nothing that starts threads: children are forked from here.
"""

import json
import os
import shlex
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.sandbox import cgroups, linux
from local.sandbox.plan import Await, Bind, Listening, Mount, Run, Start, Write, from_json

LOG_LINES = 15
START_MARK = "\n--- started "
LOG_LIMIT = 10 * 1024 * 1024  # a log that grew past this starts anew with its program


class StepFailed(Exception):
    """A step did not work: `component` names the program, the message says what it did."""

    def __init__(self, component: str, message: str) -> None:
        super().__init__(message)
        self.component = component


class Init:
    """The programs that run, by pid, and how each step is done."""

    def __init__(self) -> None:
        self.running: dict[int, Start] = {}
        self._steps: dict[type[Any], Callable[[Any], None]] = {
            Mount: _mount,
            Bind: _bind,
            Write: _write,
            Run: _run,
            Start: self._start,
            Await: self._await,
            Listening: self._listening,
        }

    def carry_out(self, step: Any) -> None:
        self._steps[type(step)](step)

    def supervise(self) -> None:
        """Reap whatever ends; return never, but raise when one of the plan's programs ended."""
        while True:
            pid, status = os.wait()
            self._ended(pid, status)

    def _start(self, step: Start) -> None:
        keep = os.path.exists(step.log) and os.path.getsize(step.log) < LOG_LIMIT
        with open(step.log, "ab" if keep else "wb", buffering=0) as log:
            log.write(f"{START_MARK}{time.strftime('%Y-%m-%dT%H:%M:%S')} {shlex.join(step.argv)}\n".encode())
            process = subprocess.Popen(
                step.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **step.environ},
                preexec_fn=linux.own_mounts if step.apart else None,
                start_new_session=True,
            )
        self.running[process.pid] = step

    def _await(self, step: Await) -> None:
        context = ssl.create_default_context(cafile=step.ca)
        self._poll(step.component, f"{step.url} to answer", step.seconds, lambda: _answers(step.url, context))

    def _listening(self, step: Listening) -> None:
        self._poll(step.component, f"{step.socket} to open", step.seconds, lambda: _connects(step.socket))

    def _poll(self, component: str, what: str, seconds: float, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            self._reap()
            if time.monotonic() > deadline:
                step = next(each for each in self.running.values() if each.name == component)
                raise StepFailed(component, f"waited {seconds:.0f} s for {what}\n{_last_lines(step.log)}")
            time.sleep(0.03)

    def _reap(self) -> None:
        while self.running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        step = self.running.pop(pid, None)
        if step is not None:
            code = os.waitstatus_to_exitcode(status)
            how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
            raise StepFailed(step.name, f"{how}; the end of {Path(step.log).name}:\n{_last_lines(step.log)}")


def _mount(step: Mount) -> None:
    Path(step.target).mkdir(parents=True, exist_ok=True)
    linux.mount(step.kind, step.target, step.kind, options=step.options)


def _bind(step: Bind) -> None:
    if Path(step.source).is_dir():
        Path(step.target).mkdir(parents=True, exist_ok=True)
    linux.mount(step.source, step.target, flags=linux.MS_BIND | linux.MS_REC)


def _write(step: Write) -> None:
    path = Path(step.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=step.mode)
    path.write_text(step.text)


def _run(step: Run) -> None:
    done = subprocess.run(step.argv, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise StepFailed(step.argv[0], f"{shlex.join(step.argv)}: {(done.stderr or done.stdout).strip()}")


def _answers(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2, context=context) as response:  # noqa: S310  always https
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except OSError:
            return False
    return True


def _last_lines(log: str) -> str:
    with open(log, errors="replace") as handle:
        lines = handle.read()[-20000:].rpartition(START_MARK)[2].splitlines()[1:]
    return "\n".join(f"  {line[:400]}" for line in lines[-LOG_LINES:])


def _tell(**event: object) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _wait_for_network() -> None:
    """slirp4netns makes the device, from outside."""
    deadline = time.monotonic() + 20
    while "tap0:" not in Path("/proc/net/dev").read_text():
        if time.monotonic() > deadline:
            raise StepFailed("slirp4netns", "the network device tap0 did not appear within 20 s")
        time.sleep(0.005)


def main(path: str) -> int:
    """Ends only when the sandbox is over: status 1, the reason told before."""
    plan, cgroup = from_json(Path(path).read_text())
    init = Init()
    try:
        # Shared within: what the kubelet mounts must be seen by containerd, and by its containers.
        linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("none", "/", flags=linux.MS_REC | linux.MS_SHARED)
        cgroups.enter(cgroup)
        socket.sethostname(plan.hostname)
        _run(Run(("ip", "link", "set", "lo", "up")))
        _wait_for_network()
        for step in plan.steps:
            init.carry_out(step)
        _tell(event="ready")
        init.supervise()
    except StepFailed as failure:
        _tell(event="failed", component=failure.component, message=str(failure))
    except Exception as error:  # noqa: BLE001  the one entry point: the reason must reach who started it
        _tell(event="failed", component="init", message=f"{type(error).__name__}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
