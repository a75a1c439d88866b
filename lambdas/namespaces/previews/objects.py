"""A preview's objects, and whose a namespace is. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from namespaces.objects import NAME, Apply, Step, of_namespace
from namespaces.previews.settings import Settings
from namespaces.request import Namespace

PREVIEW = "shipline.dev/preview"  # the label of a namespace that this function has made: the service
EXPIRES = "shipline.dev/expires"
TIME = "%Y-%m-%dT%H:%M:%SZ"
ROLE = "edit"  # Kubernetes' own: no rights to roles, quotas or the namespace itself


def of_preview(settings: Settings, number: int, now: datetime) -> list[Step]:
    """The namespace with what its pods are held to, and the right of who deploys to change what is in it."""
    name = settings.namespace(number)
    wanted = Namespace(name, f"pr-{number}", settings.pod_security, settings.quota, settings.isolate)
    namespace, *rules = of_namespace(settings.service, wanted)
    assert isinstance(namespace, Apply)
    metadata = namespace.manifest["metadata"]
    marked = {
        **metadata,
        "labels": {**metadata["labels"], PREVIEW: settings.service},
        "annotations": {EXPIRES: (now + settings.expires).strftime(TIME)},
    }
    return [Apply(namespace.path, {**namespace.manifest, "metadata": marked}), *rules, _rights(settings, name)]


def _rights(settings: Settings, namespace: str) -> Apply:
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": settings.group}
    manifest = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": NAME, "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE},
        "subjects": [group],
    }
    return Apply(f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/{NAME}", manifest)


def is_own(settings: Settings, namespace: Mapping[str, Any]) -> bool:
    """Whether this function has made it, for this service."""
    metadata = namespace["metadata"]
    marked = (metadata.get("labels") or {}).get(PREVIEW) == settings.service
    return marked and settings.number(metadata["name"]) is not None


def has_expired(settings: Settings, namespace: Mapping[str, Any], now: datetime) -> bool:
    """By what was written when it was opened last; where that cannot be read, counted from when it was made."""
    metadata = namespace["metadata"]
    said = _time((metadata.get("annotations") or {}).get(EXPIRES))
    made = _time(metadata.get("creationTimestamp"))
    until = said or (made + settings.expires if made else None)
    return until is None or until <= now


def _time(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
