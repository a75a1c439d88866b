"""A place that is connected to: the cluster, the journal as it stands, the ledger that counts."""

import argparse
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from cli.engine.ledgers import ledger_of, table_at
from cli.engine.origin import execution, who
from cli.engine.place import Place
from cli.errors import CommandError
from cli.kubeconfig.access import Access, find_access
from cli.world import World
from deployer.arrival import Arrival, arrive
from deployer.inventory import Journal
from deployer.kube.client import Endpoint, Kube
from deployer.ledger import Ledger
from deployer.ledger.cluster import ClusterLedger
from deployer.values import dataclass, replace

ANSWERS_WITHIN = 5.0  # seconds that a cluster has to take a connection, before it counts as out of reach


@dataclass(frozen=True)
class Session:
    place: Place
    access: Access
    kube: Kube
    ledger: Ledger
    journal: Journal  # as it was when the session began
    by: str
    arrival: Arrival

    def execution(self, what: str = "") -> str:
        return execution(self.by, what)


class Recorded(Protocol):
    """A place, and the ledger that counts there."""

    @property
    def place(self) -> Place: ...

    @property
    def ledger(self) -> Ledger: ...

    @property
    def by(self) -> str: ...


@dataclass(frozen=True)
class Record:
    place: Place
    ledger: Ledger
    by: str


@contextmanager
def recorded(world: World, arguments: argparse.Namespace, place: Place) -> Iterator[Recorded]:
    """The ledger alone; of an environment with targets, without any of their clusters."""
    if place.target or place.whole:
        yield Record(place, table_at(world, place), who(world.environ))
    else:
        with opened(world, arguments, place) as session:
            yield session


@contextmanager
def opened(world: World, arguments: argparse.Namespace, place: Place) -> Iterator[Session]:
    """CommandError (2) when the cluster cannot be reached, or the ledger that counts there."""
    access = find_access(world.environ, arguments.kubeconfig, arguments.context)
    meant(place, access.context)
    knock = Knock(access)
    place = at(place, access.namespace)
    kube = Kube(Endpoint(access.url, "", access.identity.name), access.identity.bearer, tls=access.tls)
    try:
        history = ClusterLedger(kube, place.service, place.namespace)
        approach = Approach(lambda: arrive(kube, place.service, place.namespace, [history]))
        from deployer.flow import deliver  # noqa: F401 (its imports take as long as the first answers)

        knock.answered()
        arrival = approach.arrived()
        journal = arrival.inventory.look()
        ledger = ledger_of(world, history, place, journal)
        yield Session(place, access, kube, ledger, journal, who(world.environ), arrival)
    finally:
        kube.close()


def meant(place: Place, context: str) -> None:
    """CommandError (2) for a context that says itself that it is of another cluster than the target's: the AWS CLI
    names contexts by the cluster's ARN."""
    _, arn, named = context.rpartition(":cluster/")
    if place.cluster and arn and named != place.cluster:
        raise CommandError(
            f"{place.told} is the cluster {place.cluster}, and the context is {named}'s",
            "choose with --context: kubectl config get-contexts",
        )


def at(place: Place, namespace: str) -> Place:
    """The place with what the kubeconfig's context fills in."""
    chosen = place.namespace or namespace
    return replace(place, namespace=chosen, environment=place.environment or chosen)


class Approach(threading.Thread):
    """Asks the cluster all that every release has to know, beside what a command has to import."""

    def __init__(self, ask: Callable[[], Arrival]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._found: Arrival | BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._found = self._ask()
        except BaseException as error:  # noqa: BLE001 (told to who waits for the answer)
            self._found = error

    def arrived(self) -> Arrival:
        """What was answered; what went wrong is raised here."""
        self.join()
        if isinstance(self._found, BaseException):
            raise self._found
        assert self._found is not None
        return self._found


class Knock(threading.Thread):
    """Connects once, beside what a command has to read and to import: a cluster out of reach is found out in seconds,
    while a client that has begun a release is patient."""

    def __init__(self, access: Access) -> None:
        super().__init__(daemon=True)
        self._access = access
        self._error: OSError | None = None
        self.start()

    def run(self) -> None:
        try:
            socket.create_connection(self._access.host, ANSWERS_WITHIN).close()
        except OSError as error:
            self._error = error

    def answered(self) -> None:
        """CommandError (2) when it was not."""
        self.join()
        if self._error:
            raise CommandError(
                f"the cluster at {self._access.url} does not answer: {self._error}",
                f"check the network, and the context ({self._access.context}): kubectl config get-contexts",
            )
