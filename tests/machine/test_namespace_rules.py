"""What the namespaces function sets, as a real API server understands it, and what it takes away again."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from deployer.kube.client import Kube
from namespaces.eks import ApiServer
from namespaces.handler import Patience, answer
from tests.support.controlplane import TOKEN, ControlPlane, control_plane

NAMESPACE = "ruled"
PATH = f"/api/v1/namespaces/{NAMESPACE}"
POLICIES = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/networkpolicies"
ALL = {
    "PodSecurity": {"Level": "restricted", "Version": "v1.36"},
    "Quota": {"cpu": "2", "memory": "1Gi", "pods": "3"},
    "Isolate": "true",
}


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with control_plane() as running:
        yield running


def ask(plane: ControlPlane, **rules: Any) -> None:
    properties = {
        "ClusterName": "shop",
        "Service": "shop",
        "Namespaces": [{"Name": NAMESPACE, "Environment": "dev", **rules}],
    }
    event = {
        "RequestType": "Create",
        "StackId": "stack",
        "LogicalResourceId": "Made",
        "ResourceProperties": properties,
    }
    server = ApiServer(plane.url, plane.ca, TOKEN)
    given = answer(event, lambda name: server, Patience(time.monotonic() + 20, pause=0.1))
    assert given.status == "SUCCESS", given.reason


def labels(kube: Kube) -> dict[str, str]:
    found: dict[str, str] = kube.request("GET", PATH)["metadata"]["labels"]
    return {key: value for key, value in found.items() if key.startswith("pod-security")}


def names(kube: Kube, collection: str) -> list[str]:
    return [item["metadata"]["name"] for item in kube.request("GET", collection)["items"]]


def pod(name: str, **security: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "registry/web@sha256:" + "0" * 64}
    if security:
        container["securityContext"] = security
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}}


RESTRICTED = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def make(kube: Kube, wanted: dict[str, Any]) -> dict[str, Any]:
    """A quota that is new has to be counted once before pods may be made under it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            made: dict[str, Any] = kube.request("POST", f"{PATH}/pods", body=wanted)
        except Exception as error:
            if "status unknown for quota" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return made


def test_rules_hold_and_go_when_nobody_asks_for_them(plane: ControlPlane) -> None:
    kube = plane.admin
    ask(plane, **ALL)
    with pytest.raises(Exception, match="violates PodSecurity"):
        make(kube, pod("root"))
    made = make(kube, pod("right", **RESTRICTED))
    assert made["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "100m", "memory": "128Mi"}}
    quota = kube.request("GET", f"{PATH}/resourcequotas/shipline")
    assert quota["spec"]["hard"] == {"requests.cpu": "2", "requests.memory": "1Gi", "pods": "3"}
    (policy,) = kube.request("GET", POLICIES)["items"]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]

    own = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}, "spec": {"hard": {"pods": "9"}}}
    kube.request("POST", f"{PATH}/resourcequotas", body=own)
    ask(plane)
    assert labels(kube) == {}
    assert names(kube, f"{PATH}/resourcequotas") == ["team"]
    assert names(kube, f"{PATH}/limitranges") == names(kube, POLICIES) == []
    make(kube, pod("root"))


def test_rules_are_exactly_what_is_asked_for_last(plane: ControlPlane) -> None:
    ask(plane, **ALL)
    ask(plane, PodSecurity={"Level": "baseline", "Version": "latest"}, Quota={"memory": "4Gi"})
    kube = plane.admin
    assert labels(kube)["pod-security.kubernetes.io/enforce"] == "baseline"
    assert kube.request("GET", f"{PATH}/resourcequotas/shipline")["spec"]["hard"] == {"requests.memory": "4Gi"}
    (limits,) = kube.request("GET", f"{PATH}/limitranges")["items"]
    assert limits["spec"]["limits"] == [{"type": "Container", "defaultRequest": {"memory": "128Mi"}}]
    assert names(kube, POLICIES) == []


def test_the_network_controller_is_told_beside_what_others_say(plane: ControlPlane) -> None:
    kube = plane.admin
    others = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "amazon-vpc-cni"},
        "data": {"branch-eni-cooldown": "60"},
    }
    path = "/api/v1/namespaces/kube-system/configmaps"
    kube.request("POST", path, body=others)
    properties = {"ClusterName": "shop", "Service": "shop", "Namespaces": [], "NetworkPolicyController": "true"}
    event = {"RequestType": "Create", "StackId": "s", "LogicalResourceId": "Made", "ResourceProperties": properties}
    server = ApiServer(plane.url, plane.ca, TOKEN)
    assert answer(event, lambda name: server, Patience(time.monotonic() + 20)).status == "SUCCESS"
    data = kube.request("GET", f"{path}/amazon-vpc-cni")["data"]
    assert data == {"branch-eni-cooldown": "60", "enable-network-policy-controller": "true"}
