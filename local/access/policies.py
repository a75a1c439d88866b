"""EKS's access policies as Kubernetes rules, as the EKS user guide lists them ("Review access policy permissions").

Edit and Admin are View and more; each rule is (API groups, resources, verbs).
"""

from collections.abc import Mapping
from typing import Any

Rules = tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...]

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")

_APPS = ("daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets", "replicasets/scale")
_EXTENSIONS = (*_APPS, "ingresses", "networkpolicies", "replicationcontrollers/scale")
_REACHING_INTO_PODS = ("pods/attach", "pods/exec", "pods/portforward", "pods/proxy")

_VIEW: Rules = (
    (
        ("apps",),
        (
            *("controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale"),
            *("deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets"),
            *("statefulsets/scale", "statefulsets/status"),
        ),
        READ,
    ),
    (("autoscaling",), ("horizontalpodautoscalers", "horizontalpodautoscalers/status"), READ),
    (("batch",), ("cronjobs", "cronjobs/status", "jobs", "jobs/status"), READ),
    (("discovery.k8s.io",), ("endpointslices",), READ),
    (
        ("extensions",),
        (
            *("daemonsets", "daemonsets/status", "deployments", "deployments/scale", "deployments/status", "ingresses"),
            *("ingresses/status", "networkpolicies", "replicasets", "replicasets/scale", "replicasets/status"),
            "replicationcontrollers/scale",
        ),
        READ,
    ),
    (("networking.k8s.io",), ("ingresses", "ingresses/status", "networkpolicies"), READ),
    (("policy",), ("poddisruptionbudgets", "poddisruptionbudgets/status"), READ),
    (
        ("",),
        (
            *("configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods"),
            *("replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services"),
            "services/status",
        ),
        READ,
    ),
    (
        ("",),
        (
            *("bindings", "events", "limitranges", "namespaces/status", "pods/log", "pods/status"),
            *("replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
        ),
        READ,
    ),
    (("",), ("namespaces",), READ),
)

_EDIT: Rules = (
    *_VIEW,
    (("apps",), (*_APPS, "statefulsets", "statefulsets/scale"), WRITE),
    (("autoscaling",), ("horizontalpodautoscalers",), WRITE),
    (("batch",), ("cronjobs", "jobs"), WRITE),
    (("extensions",), _EXTENSIONS, WRITE),
    (("networking.k8s.io",), ("ingresses", "networkpolicies"), WRITE),
    (("policy",), ("poddisruptionbudgets",), WRITE),
    (("",), (*_REACHING_INTO_PODS, "secrets", "services/proxy"), READ),
    (("",), ("serviceaccounts",), ("impersonate",)),
    (("",), ("pods", *_REACHING_INTO_PODS), WRITE),
    (
        ("",),
        (
            *(
                "configmaps",
                "events",
                "persistentvolumeclaims",
                "replicationcontrollers",
                "replicationcontrollers/scale",
            ),
            *("secrets", "serviceaccounts", "services", "services/proxy"),
        ),
        WRITE,
    ),
)

_ADMIN: Rules = (
    *_EDIT,
    (("authorization.k8s.io",), ("localsubjectaccessreviews",), ("create",)),
    (("rbac.authorization.k8s.io",), ("rolebindings", "roles"), (*WRITE, *READ)),
)

POLICIES: Mapping[str, Rules] = {
    "AmazonEKSViewPolicy": _VIEW,
    "AmazonEKSEditPolicy": _EDIT,
    "AmazonEKSAdminPolicy": _ADMIN,
    "AmazonEKSAdminViewPolicy": ((("*",), ("*",), READ),),
    "AmazonEKSClusterAdminPolicy": ((("*",), ("*",), ("*",)),),
}


def cluster_role(policy: str) -> dict[str, Any]:
    """The ClusterRole of a policy, as the API server takes it."""
    rules: list[dict[str, Any]] = [
        {"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)}
        for groups, resources, verbs in POLICIES[policy]
    ]
    if policy == "AmazonEKSClusterAdminPolicy":
        rules.append({"nonResourceURLs": ["*"], "verbs": ["*"]})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": f"eks:{policy}"},
        "rules": rules,
    }
