"""Kills a deployer at one API request, and lets the next one find what it left: for every request there is.

A victim is a process of its own that speaks to the API server through a relay. At its k-th request the relay kills it,
before the request goes on (the server never hears of it) or once it is on its way (the server does it, and nobody hears
the answer). Where the server changes nothing, at reads and dry runs, these are one, and the second is left out. Kill
points are tried side by side, each in a namespace of its own.
"""

import dataclasses
import multiprocessing
import os
import queue
import signal
from collections.abc import Callable, Mapping
from typing import Any

from deployer.outcome import Succeeded
from tests.support.controlplane import ControlPlane
from tests.support.delivery import Place
from tests.support.fault_proxy import Fault, FaultProxy, Stop

Files = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Point:
    """`number` counts the victim's requests from 1; `heard` says whether the server gets that one."""

    number: int
    heard: bool


@dataclasses.dataclass(frozen=True)
class Tried:
    point: Point
    request: str  # the one at which the victim died, "" when it lived on
    broken: str  # what the next run left wrong, "" when nothing


@dataclasses.dataclass(frozen=True)
class Story:
    """What is interrupted. The victim and its successor deliver `files(turn)`, where `turn` is another at each point;
    `check` says what is wrong with the namespace when the successor has delivered them."""

    first: Files
    victim: Callable[[int], Files]
    successor: Callable[[int], Files]
    check: Callable[[Place, int], str]


def try_all(plane: ControlPlane, make: Callable[[ControlPlane, str], Place], story: Story, workers: int) -> list[Tried]:
    """Every kill point of the story, until a victim lives to its end."""
    fork = multiprocessing.get_context("fork")
    counter, ended = fork.Value("i", 0), fork.Value("b", False)
    told: Any = fork.Queue()
    working = [
        fork.Process(target=_work, args=(plane, make, story, number, counter, ended, told)) for number in range(workers)
    ]
    for worker in working:
        worker.start()
    found: list[Tried] = []
    while any(worker.is_alive() for worker in working) or not told.empty():
        try:
            found.append(told.get(timeout=0.2))
        except queue.Empty:
            continue
    for worker in working:
        worker.join()
        assert worker.exitcode == 0  # its traceback is above
    return found


def _work(
    plane: ControlPlane,
    make: Callable[[ControlPlane, str], Place],
    story: Story,
    worker: int,
    counter: Any,
    ended: Any,
    told: Any,
) -> None:
    place = make(plane, f"w{worker}")
    with FaultProxy(plane.url, plane.ca) as proxy:
        there = dataclasses.replace(place, plane=dataclasses.replace(plane, url=proxy.url, ca=proxy.ca))
        assert isinstance(place.release(story.first), Succeeded)
        turn = 0
        while not ended.value:
            with counter.get_lock():
                counter.value += 1
                number = counter.value
            for heard in (False, True):
                point, turn = Point(number, heard), turn + 1
                request = _kill(there, proxy, story.victim(turn), point)
                told.put(Tried(point, request, _broken(place, story, turn)))
                if not request:
                    ended.value = True
                if not _changes(request):
                    break


def _changes(request: str) -> bool:
    """Whether the server changes anything by it."""
    return bool(request) and not request.startswith("GET ") and "dryRun=" not in request


def _broken(place: Place, story: Story, turn: int) -> str:
    outcome = place.release(story.successor(turn))
    if not isinstance(outcome, Succeeded):
        return f"the next run ended with {outcome}\n{place.logged.getvalue()[-3000:]}"
    return story.check(place, turn)


def _kill(place: Place, proxy: FaultProxy, files: Files, point: Point) -> str:
    """The request at which the victim was killed; "" when it came to its end before."""
    proxy.forget()
    proxy.go_on()
    execution = f"victim-{point.number}-{point.heard}-{place.namespace}"
    place.number(execution)  # the ledger is this process's: what the victim writes into it is lost
    victim = multiprocessing.get_context("fork").Process(target=place.release, args=(files, execution))
    killed: list[str] = []

    def on_request(number: int, method: str, path: str) -> Fault | None:
        if number != point.number or victim.pid is None:
            return None
        os.kill(victim.pid, signal.SIGKILL)
        killed.append(f"{method} {path}")
        return Stop(forwarded=point.heard)

    proxy.on_request = on_request
    victim.start()
    victim.join(120)
    if victim.is_alive():
        victim.kill()
        raise TimeoutError(f"the victim of {point} neither ends nor comes to its request")
    return killed[0] if killed else ""
