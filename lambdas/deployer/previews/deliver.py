"""One preview delivered: the environment's world, with the namespace of the pull request and a ledger inside of it."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from functools import partial

from deployer import flow
from deployer.artifact import unpack
from deployer.aws import endpoint
from deployer.budget import Budget
from deployer.compose import Composed, world_of
from deployer.kube.client import Kube
from deployer.kube.token import EksToken
from deployer.ledger.cluster import ClusterLedger
from deployer.outcome import Outcome
from deployer.previews.addresses import addresses
from deployer.previews.build import pull_request
from deployer.previews.keeper import open_preview, until_allowed
from deployer.previews.request import Request
from deployer.reach import identity_of
from deployer.target import Target, read_target
from deployer.values import dataclass, replace
from deployer.world import Request as Delivery
from deployer.world import World


@dataclass(frozen=True)
class Preview:
    """Where a pull request is deployed to, what became of it, and its addresses."""

    number: int
    namespace: str
    outcome: Outcome
    addresses: list[str]


def deliver(request: Request, base: Composed, budget: Budget, environ: Mapping[str, str]) -> Preview:
    """One invocation; the namespace is made, or made to last longer, by the first one of a build."""
    told = json.loads(environ["SHIPLINE_PREVIEWS"])
    number = pull_request(base.clients.of("codebuild"), request.build, told["project"])
    target = of_pull_request(read_target(environ["SHIPLINE_TARGET"]), number)
    if request.token is None:
        open_preview(base.clients.of("lambda"), told["keeper"], number)
    kube = _kube(base, target, environ)
    try:
        until_allowed(kube, target.namespace)
        outcome = flow.deliver(_world(base, target, kube), delivery(request), budget)
        return Preview(number, target.namespace, outcome, addresses(kube, target.namespace))
    finally:
        kube.close()


def of_pull_request(template: Target, number: int) -> Target:
    """The template's namespace is what all of them begin with."""
    return replace(template, environment=f"pr-{number}", namespace=f"{template.namespace}{number}")


def delivery(request: Request) -> Delivery:
    """The build is the execution, and its only attempt: whatever it asks again goes on where it stands."""
    seal = f"sha256:{hashlib.sha256(request.release).hexdigest()}"
    return Delivery(
        execution=request.build,
        attempt=request.build,
        holder=uuid.uuid4().hex,
        fetch=partial(unpack, request.release),
        seal=lambda: seal,
        token=request.token,
    )


def _kube(base: Composed, target: Target, environ: Mapping[str, str]) -> Kube:
    where = endpoint(base.clients.of("eks", target.region), target.cluster, identity_of(environ))
    return Kube(where, EksToken(base.clients.keys, target.region, target.cluster, told=base.redactor.learn))


def _world(base: Composed, target: Target, kube: Kube) -> World:
    """The ledger goes with the namespace: no history has a preview in it."""
    ledger = ClusterLedger(kube, target.service, target.namespace)
    return replace(world_of(base, target, kube), ledger=ledger)
