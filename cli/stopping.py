"""Stops the machine's process, and sees that nothing is left of it."""

import hashlib
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cli.machine import answers, listeners, running_pid
from cli.world import World
from local.processes import descendants
from local.sandbox import cgroups
from local.settings import Home

STOP_TIMEOUT = 60.0
POLL = 0.1


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
        sweep(home)
        return Stopped(False, False, tuple(leftovers(home, (), ())))
    family = tuple(identities([pid, *descendants(pid)]))
    listening = [each for each in listeners(home) if answers(*each)]
    signal_if_there(pid, signal.SIGTERM)
    forced = not ended_within(family, STOP_TIMEOUT)
    if forced:
        for member in family:
            if is_same(member):
                signal_if_there(member[0], signal.SIGKILL)
        ended_within(family, 5)
    (home.run / "machine.pid").unlink(missing_ok=True)
    sweep(home)
    return Stopped(True, forced, tuple(leftovers(home, family, listening)))


def control_groups(home: Home, hierarchies: Iterable[Path] | None = None) -> set[str]:
    """The groups of this home's sandboxes; their names carry a digest of its folder."""
    digest = hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
    roots = [root for root, _, _ in cgroups.mounted()] if hierarchies is None else hierarchies
    return {group.name for root in roots for group in root.glob(f"{cgroups.PREFIX}{digest}-*")}


def sweep(home: Home) -> None:
    """Take away what a killed machine leaves although all its processes are gone: empty control groups."""
    for name in control_groups(home):
        try:
            cgroups.remove(name)
        except OSError:  # somebody is still in it: `leftovers` names it
            continue


def leftovers(home: Home, family: Iterable[tuple[int, str]], listening: Iterable[tuple[str, int]]) -> list[str]:
    """What is still there of the processes and listeners that were this home's, of its mounts and control groups."""
    left = [f"process {member[0]}" for member in family if is_same(member)]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    left += [f"mount {line.split()[4]}" for line in mounts if Path(line.split()[4]).is_relative_to(home.root)]
    left += [f"control group {name}" for name in sorted(control_groups(home))]
    return left + [f"listener {address}:{port}" for address, port in listening if answers(address, port)]


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
