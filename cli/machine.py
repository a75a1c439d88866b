"""The machine's process: start it in the background, wait until all parts are ready, stop it, see that nothing is left.

Reads its pid file and the status that it answers; never looks into its rooms.
"""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.console import Step, seconds
from cli.environment import tool_folders
from cli.errors import CommandError
from cli.process import Job, run
from cli.world import World
from local.processes import descendants
from local.settings import Home

READY_TIMEOUT = 180.0
STOP_TIMEOUT = 60.0
POLL = 0.1


def bring_up(world: World) -> list[dict[str, Any]]:
    """The running machine's parts, started when it does not run; every step shows its time."""
    refuse_unable_machines(world)
    install_tools(world)
    with world.console.step("the machine") as step:
        status = world.machine_status()
        if status is not None and status["ready"]:
            step.result = "was up already"
            return list(status["parts"])
        notes = Notes(world.home, step)
        process = None if running_pid(world.home) else launch(world)
        parts = wait_until_ready(world, step, process, notes)
        step.result = ", ".join(f"{part['name']} {part.get('took', 0):.1f}" for part in parts)
        return parts


def refuse_unable_machines(world: World) -> None:
    """Exit code 2 and the list of what is missing, before anything is written."""
    from local.toolchain import problems

    missing = [str(problem) for problem in problems()]
    if missing:
        listed = "".join(f"\n  - {problem}" for problem in missing)
        raise CommandError(
            f"this machine cannot run the local Kubernetes:{listed}",
            "it needs Linux (Debian 12), x86-64 and root; `shipline validate` and cdk work anywhere",
        )


def install_tools(world: World) -> None:
    with world.console.step("tools") as step:
        job = Job(
            argv=[str(world.python), "-m", "local.toolchain"],
            environ={**world.environ, "PYTHONUNBUFFERED": "1"},
            cwd=world.checkout,
            log=world.home.logs / "toolchain.log",
            timeout=3600,
            advice="run it again when the network answers: what was built is kept",
        )
        run(job, step.detail)


def launch(world: World) -> "subprocess.Popen[bytes]":
    """The daemon, detached: it outlives this command, its terminal and its process group."""
    home = world.home
    home.run.mkdir(parents=True, exist_ok=True)
    home.logs.mkdir(parents=True, exist_ok=True)
    with machine_log(home).open("ab") as log:
        return subprocess.Popen(
            [str(world.python), "-m", "local"],
            env=machine_environment(world),
            cwd=world.checkout,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def machine_environment(world: World) -> dict[str, str]:
    """Nobody's credentials: what a build or a function inherits by mistake must not open anything."""
    environ = {name: value for name, value in world.environ.items() if not name.startswith(("AWS_", "GIT_CONFIG_"))}
    for name in ("KUBECONFIG", "DOCKER_HOST"):
        environ.pop(name, None)
    path = ":".join([*tool_folders(world.home), environ.get("PATH", "")])
    return environ | {"PATH": path, "SHIPLINE_HOME": str(world.home.root), "SHIPLINE_CACHE": str(world.home.cache)}


class Notes:
    """What the parts say in the machine's log while they start, beyond that they do: shown as it comes."""

    LINE = re.compile(r"\d\d:\d\d:\d\d (\w+: (?!starting$|ready after ).+)")

    def __init__(self, home: Home, step: Step) -> None:
        self._log = machine_log(home)
        self._seen = self._log.stat().st_size if self._log.exists() else 0
        self._step = step

    def show(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._seen)
            text = log.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._seen += len(complete)
        for line in complete.decode(errors="replace").splitlines():
            if match := self.LINE.fullmatch(line):
                self._step.note(match.group(1))


def wait_until_ready(
    world: World, step: Step, process: "subprocess.Popen[bytes] | None", notes: Notes
) -> list[dict[str, Any]]:
    """The parts of the ready machine; CommandError with the log's last lines when it ends or hangs instead."""
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        notes.show()
        status = world.machine_status()
        if status is not None:
            if status["ready"]:
                return list(status["parts"])
            step.detail(now_starting(status["parts"]))
        ended = process.poll() is not None if process else running_pid(world.home) is None
        if ended:
            raise CommandError("the machine ended while it started" + log_tail(world.home), advice(world.home))
        world.sleep(POLL)
    raise CommandError(f"the machine is not ready after {seconds(READY_TIMEOUT)}", advice(world.home))


def now_starting(parts: Iterable[dict[str, Any]]) -> str:
    return ", ".join(f"{part['name']} {part['state']}" for part in parts if part["state"] not in ("ready", "waiting"))


@dataclass(frozen=True)
class Stopped:
    was_running: bool
    forced: bool
    left: tuple[str, ...]  # what is still there, in words


def shut_down(world: World) -> Stopped:
    """Stop the machine, by force when it does not end; say what is left of it, which is nothing."""
    home = world.home
    pid = running_pid(home)
    if pid is None:
        return Stopped(False, False, tuple(leftovers(home, ())))
    family = tuple(identities([pid, *descendants(pid)]))
    signal_if_there(pid, signal.SIGTERM)
    forced = not ended_within(family, STOP_TIMEOUT)
    if forced:
        for member in family:
            if is_same(member):
                signal_if_there(member[0], signal.SIGKILL)
        ended_within(family, 5)
    (home.run / "machine.pid").unlink(missing_ok=True)
    return Stopped(True, forced, tuple(leftovers(home, family)))


def leftovers(home: Home, family: Iterable[tuple[int, str]]) -> list[str]:
    """Processes, mounts and listeners of this home that are still there."""
    left = [f"process {member[0]}" for member in family if is_same(member)]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    left += [f"mount {line.split()[4]}" for line in mounts if Path(line.split()[4]).is_relative_to(home.root)]
    places = [
        ("127.0.0.1", home.addresses.aws_port),
        ("127.0.0.1", home.addresses.kube_port),
        (home.addresses.registry_ip, 443),
    ]
    return left + [f"listener {address}:{port}" for address, port in places if answers(address, port)]


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def running_pid(home: Home) -> int | None:
    """The machine's pid; None when it does not run, also when a kill left its pid file behind."""
    try:
        pid = int((home.run / "machine.pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if command[1:3] == [b"-m", b"local"] else None


def identities(pids: Iterable[int]) -> Iterable[tuple[int, str]]:
    """Pid and start time: a pid alone may soon be another process's."""
    for pid in pids:
        started = start_time(pid)
        if started is not None:
            yield pid, started


def is_same(member: tuple[int, str]) -> bool:
    return start_time(member[0]) == member[1]


def start_time(pid: int) -> str | None:
    """None for no process, and for one that has ended but was not waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def ended_within(family: Iterable[tuple[int, str]], timeout: float) -> bool:
    members = tuple(family)
    deadline = time.monotonic() + timeout
    while any(is_same(member) for member in members):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def signal_if_there(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def machine_log(home: Home) -> Path:
    return home.logs / "machine.log"


def log_tail(home: Home, lines: int = 12) -> str:
    path = machine_log(home)
    last = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
    return "".join(f"\n  {line}" for line in last)


def advice(home: Home) -> str:
    return f"its log: {machine_log(home)} (shipline logs machine); then shipline down, shipline up"
