"""Starts the machine's process in the background, and waits until all its parts are ready."""

import re
import subprocess
import time
from collections.abc import Iterable
from typing import Any

from cli.console import Step, seconds
from cli.environment import tool_folders
from cli.errors import CommandError
from cli.machine import advice, answers, listeners, log_tail, machine_log, running_pid
from cli.process import Job, run
from cli.world import World
from local.settings import Home

READY_TIMEOUT = 180.0
POLL = 0.1


def make_ready(world: World) -> None:
    """Refuse a machine that cannot run this, install what is missing."""
    refuse_unable_machines(world)
    install_tools(world)


def bring_up(world: World) -> list[dict[str, Any]]:
    """The running machine's parts, started when it does not run. After `make_ready`."""
    with world.console.step("the machine") as step:
        status = world.machine_status()
        if running_pid(world.home) is None:
            refuse_taken_addresses(world.home)
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


def refuse_taken_addresses(home: Home) -> None:
    """The addresses were free when they were chosen; since then somebody may have come to listen there."""
    taken = [f"{address}:{port}" for address, port in listeners(home) if answers(address, port)]
    if taken:
        raise CommandError(
            f"another program listens at {', '.join(taken)}",
            f"stop it; or remove {home.root / 'machine.json'}, and the machine chooses other ports",
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
        run(job, lambda line: told(step, line))


def told(step: Step, line: str) -> None:
    """What the toolchain did stays on the screen, with its time; it says nothing when all is there."""
    step.note(line.strip().removeprefix("install: "))
    step.detail(line.strip().removeprefix("install: "))


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

    LINE = re.compile(r"\d\d:\d\d:\d\d ((?!ready: )\w+: (?!starting$|ready after ).+)")

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
    """The parts of the ready machine; CommandError with the reason as soon as a part fails, or the machine ends."""
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        notes.show()
        status = world.machine_status()
        if status is not None:
            if status["ready"]:
                return list(status["parts"])
            refuse_failed_parts(status["parts"], world.home)
            step.detail(now_starting(status["parts"]))
        ended = process.poll() is not None if process else running_pid(world.home) is None
        if ended:
            raise CommandError("the machine ended while it started" + log_tail(world.home), advice(world.home))
        world.sleep(POLL)
    raise CommandError(f"the machine is not ready after {seconds(READY_TIMEOUT)}", advice(world.home))


def refuse_failed_parts(parts: Iterable[dict[str, Any]], home: Home) -> None:
    """A part that failed does not come back by itself."""
    failed = [part for part in parts if part["state"] == "failed"]
    if failed:
        reasons = "\n".join(f"{part['name']} failed: {part.get('detail') or 'no reason given'}" for part in failed)
        raise CommandError(reasons, advice(home))


def now_starting(parts: Iterable[dict[str, Any]]) -> str:
    return ", ".join(f"{part['name']} {part['state']}" for part in parts if part["state"] not in ("ready", "waiting"))
