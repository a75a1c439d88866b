"""Who reads one object of a reconciler, or changes a namespace's routes → the Role for it, bound to a group. Pure.

EKS's access policies know no custom resources, and none of them is about one object.
"""

from collections.abc import Mapping
from typing import Any

from namespaces.objects import Apply, Clear, Step
from namespaces.request import Reader, Wanted, wanted

RBAC = "rbac.authorization.k8s.io"
LABEL = "shipline.dev/reader"
MANAGER = "shipline-readers"  # another one, so that a namespace keeps the labels that it has from us
COLLECTION = f"/apis/{RBAC}/v1/namespaces/{{}}/{{}}"


def of_reader(service: str, reader: Reader, *, no_more: bool = False) -> list[Step]:
    """The namespace is made if it is not there, as bare as `kubectl create namespace` makes it: the reconciler may be
    installed later. `no_more`: the right is taken away again."""
    name = f"shipline-{service}-{reader.environment}"
    collections = [COLLECTION.format(reader.namespace, plural) for plural in ("rolebindings", "roles")]
    selector = f"{LABEL}={reader.environment},app.kubernetes.io/part-of={service}"
    if no_more:
        return [Clear(each, f"rights of {reader.group} in {reader.namespace}", selector) for each in collections]
    labels = {
        "app.kubernetes.io/managed-by": "shipline",
        "app.kubernetes.io/part-of": service,
        LABEL: reader.environment,
    }
    metadata = {"name": name, "namespace": reader.namespace, "labels": labels}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": reader.namespace}}
    bindings, roles = collections
    return [
        Apply(f"/api/v1/namespaces/{reader.namespace}", namespace, MANAGER),
        Apply(f"{roles}/{name}", _role(reader, metadata)),
        Apply(f"{bindings}/{name}", _binding(reader, name, metadata)),
    ]


def gone(old: Mapping[str, Any], asked: Wanted) -> list[Reader]:
    """Those that were there under a name that nobody has now. `old` may be another template's, or broken."""
    there = {(reader.environment, reader.namespace) for reader in asked.readers}
    before = wanted({**old, "Namespaces": []}).readers if old.get("Readers") else ()
    return [reader for reader in before if (reader.environment, reader.namespace) not in there]


def _role(reader: Reader, metadata: Mapping[str, Any]) -> dict[str, Any]:
    rule = {
        "apiGroups": [reader.api_group],
        "resources": [reader.resource],
        **({"resourceNames": [reader.object]} if reader.object else {}),
        "verbs": list(reader.verbs),
    }
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}


def _binding(reader: Reader, role: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": reader.group}],
    }
