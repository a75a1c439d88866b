"""Lambda's entry: open or close one preview, or close those that have expired."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, assert_never

from namespaces import kubernetes
from namespaces.eks import Account, ApiServer, api_server
from namespaces.errors import NotYet, Refused
from namespaces.handler import Context, Patience, until
from namespaces.previews import cluster, images
from namespaces.previews.images import Ask
from namespaces.previews.objects import PREVIEW, has_expired, is_own, of_preview
from namespaces.previews.request import Close, Open, Sweep, asked
from namespaces.previews.settings import Settings, settings

RESERVE = 10.0  # seconds kept for the answer
OPEN_WITHIN = 40.0  # seconds; who asks for it waits no longer


@dataclass(frozen=True)
class Edges:
    """What the function reaches: the API server with a new token each time, ECR, the clock, how long to try."""

    connect: Callable[[], ApiServer]
    ecr: Ask
    now: Callable[[], datetime]
    patience: Patience


def handle(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Raises what goes wrong: who asked is told by Lambda, and a sweep is tried again."""
    told, account = settings(os.environ["SHIPLINE_PREVIEWS"]), Account.of(os.environ)
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE
    connect, ask = partial(api_server, account, told.cluster), partial(images.ecr, account)
    return answer(event, told, Edges(connect, ask, lambda: datetime.now(UTC), Patience(deadline)))


def answer(event: Mapping[str, Any], told: Settings, edges: Edges) -> dict[str, Any]:
    match asked(event):
        case Open(number):
            deadline = min(edges.patience.deadline, time.monotonic() + OPEN_WITHIN)
            until(Patience(deadline, edges.patience.pause), lambda: _open(told, number, edges))
            return {"namespace": told.namespace(number)}
        case Close(number):
            _close(told, number, edges)
            return {"closed": [number]}
        case Sweep():
            return {"closed": _sweep(told, edges)}
        case other:
            assert_never(other)


def _open(told: Settings, number: int, edges: Edges) -> None:
    server, name = edges.connect(), told.namespace(number)
    found = cluster.find(server, name)
    if found and not is_own(told, found):
        raise Refused(f"namespace {name} is there, and is no preview of {told.service}: somebody else has made it")
    if found and found["metadata"].get("deletionTimestamp"):
        raise NotYet(f"namespace {name} is being deleted")
    kubernetes.carry_out(server, of_preview(told, number, edges.now()))
    print(f"namespace {name} is there")


def _close(told: Settings, number: int, edges: Edges) -> None:
    """What is gone already is closed."""
    until(edges.patience, lambda: _delete(told, told.namespace(number), edges))
    _clear_all(told, number, edges)


def _expire(told: Settings, number: int, edges: Edges) -> bool:
    """Close it, unless a build has opened it again meanwhile."""
    server, name = edges.connect(), told.namespace(number)
    found = cluster.find(server, name)
    if found and not (is_own(told, found) and has_expired(told, found, edges.now())):
        print(f"namespace {name} lasts longer by now")
        return False
    if found:
        cluster.delete(server, found)
    _clear_all(told, number, edges)
    return True


def _clear_all(told: Settings, number: int, edges: Edges) -> None:
    for repository in told.repositories:
        until(edges.patience, partial(_clear, repository, number, edges))


def _delete(told: Settings, name: str, edges: Edges) -> None:
    server = edges.connect()
    found = cluster.find(server, name)
    if found and not is_own(told, found):
        raise Refused(f"namespace {name} is no preview of {told.service}: it stays")
    if found:
        cluster.delete(server, found)
    print(f"namespace {name} {'is deleted' if found else 'is not there'}")


def _clear(repository: str, number: int, edges: Edges) -> None:
    print(f"{repository}: {images.delete(edges.ecr, repository, number)} images deleted")


def _sweep(told: Settings, edges: Edges) -> list[int]:
    """All that have expired, whichever of them fails; that is told after the others."""
    closed, failed = [], []
    for number in _expired(told, edges):
        try:
            if _expire(told, number, edges):
                closed.append(number)
        except (NotYet, Refused) as error:
            failed.append(f"{number}: {error}")
    if failed:
        raise Refused(f"not closed: {'; '.join(failed)}")
    return closed


def _expired(told: Settings, edges: Edges) -> list[int]:
    found = cluster.labelled(edges.connect(), f"{PREVIEW}={told.service}")
    mine = [each for each in found if is_own(told, each) and has_expired(told, each, edges.now())]
    return [number for each in mine if (number := told.number(each["metadata"]["name"]))]
