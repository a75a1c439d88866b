"""The first thing that a cluster is asked: all that every release has to know, side by side."""

from collections.abc import Sequence

from deployer.inventory import Inventory
from deployer.kube.client import Kube
from deployer.kube.resources import Resources
from deployer.ledger.cluster import ClusterLedger
from deployer.values import dataclass


@dataclass(frozen=True)
class Arrival:
    resources: Resources
    inventory: Inventory


def arrive(kube: Kube, service: str, namespace: str, ledgers: Sequence[ClusterLedger] = ()) -> Arrival:
    """ApiError when the server does not tell its kinds; what it says of the rest comes out when that is read."""
    inventory = Inventory(kube, service, namespace)
    kinds, about, told = Resources.calls(), inventory.calls(), [ledger.call() for ledger in ledgers]
    answers = iter(kube.many([*kinds, *about, *told]))
    served = [next(answers) for _ in kinds]
    inventory.heard([next(answers) for _ in about])
    for ledger, answer in zip(ledgers, answers, strict=True):
        ledger.heard(answer)
    return Arrival(Resources(kube, served), inventory)
