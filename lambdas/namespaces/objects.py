"""What is asked for → what the API server is told, in order: objects to apply, and kinds to clear of ours. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from namespaces.request import Namespace, StorageClass, Wanted

NAME = "shipline"  # of each object in a namespace
RULE = "shipline.dev/namespace-rule"  # the label of these objects, and of nothing else
KINDS = {
    "ResourceQuota": ("v1", "/api/v1/namespaces/{}/resourcequotas"),
    "LimitRange": ("v1", "/api/v1/namespaces/{}/limitranges"),
    "NetworkPolicy": ("networking.k8s.io/v1", "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"),
}
HARD = {"cpu": "requests.cpu", "memory": "requests.memory", "pods": "pods"}
ASKED_FOR = {"cpu": "100m", "memory": "128Mi"}  # of a container that asks for nothing
MANAGER = "shipline-namespaces"  # the field manager
DNS = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]


@dataclass(frozen=True)
class Apply:
    path: str
    manifest: Mapping[str, Any]
    manager: str = MANAGER

    @property
    def about(self) -> str:
        named: dict[str, str] = self.manifest["metadata"]
        place = f"{named['namespace']}/" if "namespace" in named else ""
        return f"{self.manifest['kind'].lower()} {place}{named['name']}"


@dataclass(frozen=True)
class Clear:
    """Delete what carries a label of ours; what somebody else has made stays."""

    collection: str
    about: str
    label: str = RULE

    @property
    def path(self) -> str:
        return f"{self.collection}?labelSelector={self.label}"


Step = Apply | Clear


def of_cluster(asked: Wanted) -> list[Step]:
    """What stays when nobody asks for it any more: others may rely on it, too."""
    policies = [_policy_controller()] if asked.network_policy_controller else []
    return [*policies, *map(_storage_class, asked.storage_classes)]


def _storage_class(wanted: StorageClass) -> Step:
    """Of these fields Kubernetes lets nobody change but what is in the metadata, and whether volumes may grow."""
    default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}} if wanted.default else {}
    manifest = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": wanted.name, **default},
        "provisioner": wanted.provisioner,
        "parameters": dict(wanted.parameters),
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer" if wanted.waits else "Immediate",
        "allowVolumeExpansion": wanted.grows,
    }
    return Apply(f"/apis/storage.k8s.io/v1/storageclasses/{wanted.name}", manifest)


def _policy_controller() -> Step:
    """EKS Auto Mode enforces network policies when this ConfigMap says so."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"},
        "data": {"enable-network-policy-controller": "true"},
    }
    return Apply("/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni", manifest)


def of_namespace(service: str, namespace: Namespace) -> list[Step]:
    labels = {
        "app.kubernetes.io/managed-by": "shipline",
        "app.kubernetes.io/part-of": service,
        "shipline.dev/service": service,
        "shipline.dev/environment": namespace.environment,
    }
    described = {"name": namespace.name, "labels": labels | _pod_security(namespace)}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": described}
    return [Apply(f"/api/v1/namespaces/{namespace.name}", manifest), *_rules(namespace, labels)]


def _pod_security(namespace: Namespace) -> dict[str, str]:
    held = namespace.pod_security
    if held is None:
        return {}
    prefix = "pod-security.kubernetes.io/"
    return {
        f"{prefix}{mode}{suffix}": value
        for mode in ("enforce", "warn")
        for suffix, value in (("", held.level), ("-version", held.version))
    }


def _rules(namespace: Namespace, labels: Mapping[str, str]) -> Iterator[Step]:
    specs = {
        "ResourceQuota": _quota(namespace.quota),
        "LimitRange": _limits(namespace.quota),
        "NetworkPolicy": _isolation() if namespace.isolate else None,
    }
    for kind, (version, path) in KINDS.items():
        collection, spec = path.format(namespace.name), specs[kind]
        if spec is None:
            yield Clear(collection, f"{kind.lower()}s of {namespace.name}")
            continue
        metadata = {"name": NAME, "namespace": namespace.name, "labels": {**labels, RULE: "true"}}
        manifest = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
        yield Apply(f"{collection}/{NAME}", manifest)


def _quota(quota: Mapping[str, str]) -> dict[str, Any] | None:
    return {"hard": {HARD[key]: value for key, value in quota.items()}} if quota else None


def _limits(quota: Mapping[str, str]) -> dict[str, Any] | None:
    """Under a quota a container has to ask for what is counted."""
    asked = {key: value for key, value in ASKED_FOR.items() if key in quota}
    return {"limits": [{"type": "Container", "defaultRequest": asked}]} if asked else None


def _isolation() -> dict[str, Any]:
    own: list[dict[str, Any]] = [{"podSelector": {}}]
    return {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": own}],
        "egress": [{"to": own}, {"ports": DNS}],
    }
