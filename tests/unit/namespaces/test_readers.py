"""A deployer that writes nothing to the cluster reads one object of its reconciler, as long as the template says so."""

from typing import Any

from namespaces.handler import Patience, carry_out
from namespaces.objects import Apply
from namespaces.readers import gone, of_reader
from namespaces.request import wanted

READER = {
    "Group": "shipline:shop-dev",
    "Environment": "dev",
    "Namespace": "argocd",
    "ApiGroup": "argoproj.io",
    "Resource": "applications",
    "Object": "shop-dev",
}


def properties(*readers: dict[str, str]) -> dict[str, Any]:
    named = [{"Name": "shop-dev", "Environment": "dev"}]
    return {"ClusterName": "shop", "Service": "shop", "Namespaces": named, **({"Readers": readers} if readers else {})}


def test_the_group_may_get_one_object_and_nothing_else() -> None:
    (reader,) = wanted(properties(READER)).readers
    namespace, role, binding = of_reader("shop", reader)
    assert isinstance(namespace, Apply)
    assert isinstance(role, Apply)
    assert isinstance(binding, Apply)
    assert namespace.manifest["metadata"] == {"name": "argocd"}
    assert namespace.manager != role.manager  # or it would take an environment's labels off its namespace
    assert role.path == "/apis/rbac.authorization.k8s.io/v1/namespaces/argocd/roles/shipline-shop-dev"
    assert role.manifest["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["applications"], "resourceNames": ["shop-dev"], "verbs": ["get"]}
    ]
    assert binding.manifest["roleRef"]["name"] == "shipline-shop-dev"
    (subject,) = binding.manifest["subjects"]
    assert (subject["kind"], subject["name"]) == ("Group", "shipline:shop-dev")


def test_who_reads_no_more_there_is_found_by_environment_and_namespace() -> None:
    asked = wanted(properties(READER | {"Object": "another"}))
    assert gone(properties(READER), asked) == []  # its Role is written anew
    (left,) = gone(properties(READER), wanted(properties()))
    assert left.group == "shipline:shop-dev"
    assert gone({}, asked) == []


def test_the_function_gives_the_right_and_takes_it_away(cluster: Any) -> None:
    fake, connect = cluster
    carry_out("Create", {"ResourceProperties": properties(READER)}, connect, Patience(0))
    assert [asked.path.partition("?")[0].rpartition("v1/")[2] for asked in fake.asked[-3:]] == [
        "namespaces/argocd",
        "namespaces/argocd/roles/shipline-shop-dev",
        "namespaces/argocd/rolebindings/shipline-shop-dev",
    ]
    event = {"ResourceProperties": properties(), "OldResourceProperties": properties(READER)}
    carry_out("Update", event, connect, Patience(0))
    taken = [(asked.method, asked.path.rpartition("v1/")[2]) for asked in fake.asked[-2:]]
    selector = "labelSelector=shipline.dev/reader=dev,app.kubernetes.io/part-of=shop"
    assert taken == [
        ("DELETE", f"namespaces/argocd/rolebindings?{selector}"),
        ("DELETE", f"namespaces/argocd/roles?{selector}"),
    ]


def test_who_moves_traffic_may_change_all_routes_of_the_namespace() -> None:
    rest = {key: value for key, value in READER.items() if key != "Object"}
    verbs = ["get", "list", "watch", "create", "patch", "delete"]
    asked = {**rest, "Namespace": "shop-dev", "ApiGroup": "gateway.networking.k8s.io", "Resource": "httproutes"}
    (reader,) = wanted(properties({**asked, "Verbs": verbs})).readers  # type: ignore[dict-item]
    _, role, _ = of_reader("shop", reader)
    assert isinstance(role, Apply)
    assert role.manifest["rules"] == [
        {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["httproutes"], "verbs": verbs}
    ]
