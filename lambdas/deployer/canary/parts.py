"""Which objects of a release its canary is about. Pure."""

from collections.abc import Iterator
from typing import Any

from deployer.canary.model import Progressive
from deployer.desired import Desired, Item
from deployer.errors import Fatal
from deployer.objects import Identity, Object
from deployer.values import dataclass

GATEWAYS = "gateway.networking.k8s.io"


@dataclass(frozen=True)
class Parts:
    """`label`: by which both, Service and Deployment, choose their pods."""

    deployment: Item
    service: Item
    route: Item
    label: str


def route_of(namespace: str, name: str) -> Identity:
    return Identity(GATEWAYS, "HTTPRoute", namespace, name)


def find(desired: Desired, identity: Identity) -> Item | None:
    return next((item for item in desired.items if item.identity == identity), None)


def parts_of(desired: Desired, wanted: Progressive, namespace: str) -> Parts:
    """Fatal where the release has no such route or Service, or they do not lead to one Deployment."""
    route = _present(desired, route_of(namespace, wanted.route))
    service = _present(desired, Identity("", "Service", namespace, wanted.service))
    if not any(True for _ in references(route.object, wanted.service)):
        raise _misfit(
            route,
            f"none of its rules points to Service {wanted.service} of its own namespace.",
            "Give one a backendRef to it: its weights are what the deployer moves.",
        )
    deployment = _deployment(desired, service, namespace)
    parts = Parts(deployment, service, route, _label(deployment, service))
    for part in (deployment, service):
        name = f"{part.key.name}-{wanted.word}"
        if find(desired, part.identity._replace(name=name)):
            remedy = "Rename it: the deployer makes, and removes, an object of that name."
            raise _misfit(part, f"the release has a {part.key.kind} {name}, too.", remedy)
    return parts


def references(route: Object, service: str) -> Iterator[dict[str, Any]]:
    """The backendRefs of a route's rules that point to a Service of its own namespace."""
    here = route["metadata"].get("namespace")
    for rule in (route.get("spec") or {}).get("rules") or []:
        yield from (each for each in rule.get("backendRefs") or [] if points(each, service, here))


def points(reference: dict[str, Any], service: str, here: str | None) -> bool:
    kind = (reference.get("group") or "", reference.get("kind") or "Service", reference.get("namespace") or here)
    return kind == ("", "Service", here) and reference.get("name") == service


def _present(desired: Desired, identity: Identity) -> Item:
    found = find(desired, identity)
    if found is None:
        raise Fatal(
            f"the environment's `rollout` names it, and no manifest of the release brings it to {identity.namespace}.",
            subject=str(identity),
            remedy="Add it to the manifests, or correct the name.",
            kind="ConfigurationError",
        )
    return found


def _deployment(desired: Desired, service: Item, namespace: str) -> Item:
    selector = _selector(service)
    all_of_them = [item for item in desired.items if item.identity[:3] == ("apps", "Deployment", namespace)]
    chosen = [item for item in all_of_them if selector and selector.items() <= _labels(item).items()]
    if len(chosen) != 1:
        names = ", ".join(item.key.name for item in chosen) or "none"
        wrong = f"it has to choose the pods of one Deployment of the release, and chooses those of {names}."
        raise _misfit(service, wrong, "Correct its selector.")
    return chosen[0]


def _label(deployment: Item, service: Item) -> str:
    """The label that tells the new pods from the old: one that names the workload, where there is such a one."""
    own = _matched(deployment)
    common = sorted(key for key in _selector(service) if key in own)
    if not common:
        wrong = f"it and Deployment {deployment.key.name} choose their pods by no label in common."
        raise _misfit(service, wrong, "Put a label of its selector into the Deployment's `matchLabels`, too.")
    names = (deployment.key.name, service.key.name)
    return next((key for key in common if own[key] in names), common[0])


def _selector(service: Item) -> dict[str, str]:
    return dict((service.object.get("spec") or {}).get("selector") or {})


def _matched(deployment: Item) -> dict[str, str]:
    return dict(((deployment.object.get("spec") or {}).get("selector") or {}).get("matchLabels") or {})


def _labels(deployment: Item) -> dict[str, str]:
    template = (deployment.object.get("spec") or {}).get("template") or {}
    return dict((template.get("metadata") or {}).get("labels") or {})


def _misfit(item: Item, wrong: str, remedy: str) -> Fatal:
    return Fatal(wrong, subject=str(item.identity), remedy=remedy, kind="ConfigurationError")
