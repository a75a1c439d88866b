"""CloudFormation's event → namespaces → CloudFormation's answer. An answer is sent whatever happens."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from namespaces import kubernetes
from namespaces.answer import Answer, send
from namespaces.eks import Account, ApiServer, api_server
from namespaces.errors import NotYet
from namespaces.objects import Step, of_cluster, of_namespace
from namespaces.readers import gone, of_reader
from namespaces.request import wanted

PAUSE = 3.0  # seconds between two tries
RESERVE = 45.0  # seconds kept for the answer


@dataclass(frozen=True)
class Patience:
    """How long to try (a moment of the monotonic clock), and the pause between two tries in seconds."""

    deadline: float
    pause: float = PAUSE


class Context(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handle(event: Mapping[str, Any], context: Context) -> None:
    """Lambda's entry point."""
    account = Account.of(os.environ)
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE
    send(event, answer(event, partial(api_server, account), Patience(deadline)))


def answer(event: Mapping[str, Any], connect: Callable[[str], ApiServer], patience: Patience) -> Answer:
    """Carry out what is asked; a failure is an answer, too."""
    resource = event.get("PhysicalResourceId") or f"{event['StackId']}/{event['LogicalResourceId']}"
    try:
        carry_out(event["RequestType"], event, connect, patience)
    except Exception as error:  # noqa: BLE001 - the program's one entry: CloudFormation has to hear of it
        print(f"failed: {error!r}")
        return Answer("FAILED", resource, f"{type(error).__name__}: {error}")
    return Answer("SUCCESS", resource)


def carry_out(request: str, event: Mapping[str, Any], connect: Callable[[str], ApiServer], patience: Patience) -> None:
    match request:
        case "Create" | "Update":
            asked = wanted(event["ResourceProperties"])
            for namespace in asked.namespaces:
                until(patience, partial(_make, connect, asked.cluster, of_namespace(asked.service, namespace)))
                print(f"namespace {namespace.name} is there")
            if steps := of_cluster(asked):
                until(patience, partial(_make, connect, asked.cluster, steps))
            for reader in asked.readers:
                until(patience, partial(_make, connect, asked.cluster, of_reader(asked.service, reader)))
                print(f"{reader.group} may read {reader.resource} {reader.namespace}/{reader.object}")
            if request == "Update":
                for reader in gone(event["OldResourceProperties"], asked):
                    until(
                        patience, partial(_make, connect, asked.cluster, of_reader(asked.service, reader, no_more=True))
                    )
                left = _names(event["OldResourceProperties"]) - _names(event["ResourceProperties"])
                print(f"kept, though no environment uses them any more: {', '.join(sorted(left)) or 'none'}")
        case "Delete":
            # What runs in a namespace is not this stack's to delete.
            names = sorted(_names(event["ResourceProperties"]))
            print(f"kept: {', '.join(names)}; delete them with kubectl when nobody needs what is in them")
        case _:
            raise ValueError(f"CloudFormation asks for {request}, which is not known here")


def _names(properties: Mapping[str, Any]) -> set[str]:
    """Of properties that may be another template's, or broken."""
    return {item["Name"] for item in properties.get("Namespaces", [])}


def _make(connect: Callable[[str], ApiServer], cluster: str, steps: list[Step]) -> None:
    """With a new token each time: tries may go on for longer than one is good."""
    kubernetes.carry_out(connect(cluster), steps)


def until(patience: Patience, work: Callable[[], None]) -> None:
    """Again after a refusal that may pass, until the time is up; then with the last refusal."""
    while True:
        try:
            return work()
        except NotYet as refusal:
            if time.monotonic() + patience.pause > patience.deadline:
                raise
            print(f"again in {patience.pause:.0f} s: {refusal}")
        time.sleep(patience.pause)
