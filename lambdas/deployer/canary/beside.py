"""The second set: a Deployment and a Service like those of the release, which choose pods of their own. Pure."""

import copy
import math

from deployer.canary.model import WHOLE, Progressive
from deployer.canary.parts import Parts
from deployer.desired import Item, content_of
from deployer.objects import Object

# Of a Service, what only says how its pods are reached inside the cluster: the rest belongs to the one that people use.
SERVICE_FIELDS = ("ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy", "publishNotReadyAddresses")
LONGEST_VALUE = 63  # of a label


def beside(parts: Parts, wanted: Progressive, replicas: int, key: bytes) -> tuple[Item, Item]:
    """The new version's Deployment and Service; `replicas` are those of the whole Deployment."""
    made = _deployment(parts, wanted, replicas), _service(parts, wanted)
    manager = parts.deployment.manager
    deployment, service = (Item(each, manager, content=content_of(key, manager, each)) for each in made)
    return deployment, service


def _deployment(parts: Parts, wanted: Progressive, replicas: int) -> Object:
    found = copy.deepcopy(parts.deployment.object)
    spec = found["spec"]
    found["metadata"]["name"] += f"-{wanted.word}"
    spec["replicas"] = max(1, math.ceil(replicas * wanted.steps[-1] / WHOLE))
    for labels in (spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]):
        labels[parts.label] = renamed(labels[parts.label], wanted.word)
    return found


def _service(parts: Parts, wanted: Progressive) -> Object:
    whole = parts.service.object
    meta, spec = whole["metadata"], whole["spec"]
    selector = {**spec["selector"], parts.label: renamed(spec["selector"][parts.label], wanted.word)}
    ports = [{name: value for name, value in port.items() if name != "nodePort"} for port in spec.get("ports") or []]
    kept = {name: spec[name] for name in SERVICE_FIELDS if name in spec}
    return {
        "apiVersion": whole["apiVersion"],
        "kind": "Service",
        "metadata": {
            "name": f"{meta['name']}-{wanted.word}",
            "namespace": meta["namespace"],
            "labels": dict(meta.get("labels") or {}),
        },
        "spec": {**kept, "type": "ClusterIP", "selector": selector, "ports": ports},
    }


def renamed(value: str, word: str) -> str:
    """A label's value that is not the old one, and no longer than a value may be."""
    return f"{value[: LONGEST_VALUE - len(word) - 1]}-{word}"
