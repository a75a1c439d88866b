"""What a canary is about, what is made beside it, and how traffic is shared: all of it pure."""

from typing import Any

import pytest

from deployer.canary.beside import beside, renamed
from deployer.canary.model import Progressive, read_progressive
from deployer.canary.parts import Parts, parts_of
from deployer.canary.weights import weighed
from deployer.desired import Desired, Item
from deployer.errors import Fatal
from deployer.target import read_target

WANTED = Progressive("shop", "web", (10, 50), 300.0)
NAME = "app.kubernetes.io/name"
LABELS = {NAME: "web", "team": "shop"}


def item(version: str, kind: str, name: str, spec: dict[str, Any], **meta: Any) -> Item:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "prod", **meta}, "spec": spec}
    return Item(body, "shipline")


def deployment(name: str = "web", labels: dict[str, str] | None = None, **spec: Any) -> Item:
    mine = labels or LABELS
    template = {"metadata": {"labels": {**mine, "tier": "front"}}, "spec": {"containers": [{"name": "web"}]}}
    return item("apps/v1", "Deployment", name, {"selector": {"matchLabels": mine}, "template": template, **spec})


def service(selector: dict[str, str] | None = None, **spec: Any) -> Item:
    chosen = LABELS if selector is None else selector
    return item("v1", "Service", "web", {"selector": chosen, "ports": [{"port": 80, "nodePort": 30080}], **spec})


def route(*backends: dict[str, Any], name: str = "shop") -> Item:
    rules = [{"backendRefs": list(backends or ({"name": "web", "port": 80},))}]
    return item("gateway.networking.k8s.io/v1", "HTTPRoute", name, {"rules": rules})


def parts(*items: Item, wanted: Progressive = WANTED) -> Parts:
    return parts_of(Desired(items or (deployment(), service(), route())), wanted, "prod")


REFUSED = {
    "no route": ((deployment(), service()), "HTTPRoute shop .*: .*no manifest of the release brings it to prod"),
    "no service": ((deployment(), route()), "Service web .*: .*no manifest of the release"),
    "a route to another service": (
        (deployment(), service(), route({"name": "api", "port": 80})),
        "none of its rules points to Service web",
    ),
    "a route to another namespace's service": (
        (deployment(), service(), route({"name": "web", "namespace": "other", "port": 80})),
        "none of its rules points to Service web",
    ),
    "a service that chooses nothing": ((deployment(), service({}), route()), "chooses those of none"),
    "two deployments behind it": (
        (deployment(), deployment("web-2"), service(), route()),
        "chooses those of web, web-2",
    ),
    "no label in common": ((deployment(), service({"tier": "front"}), route()), "by no label in common"),
    "a name that is taken": (
        (deployment(), deployment("web-canary", {"app": "other"}), service(), route()),
        "the release has a Deployment web-canary, too",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_together_is_refused_with_its_reason(name: str) -> None:
    items, told = REFUSED[name]
    with pytest.raises(Fatal, match=told.replace(" .*", "[^:]*")):
        parts(*items)


def test_the_label_that_names_the_workload_tells_the_new_pods_from_the_old() -> None:
    assert parts().label == NAME
    nameless = {"team": "shop", "tier": "front"}
    assert parts(deployment(labels=nameless), service({"tier": "front"}), route()).label == "tier"


def test_the_second_set_chooses_its_own_pods_and_nothing_else_does() -> None:
    made, second = beside(parts(), WANTED, 5, b"")
    assert (made.key.name, second.key.name) == ("web-canary", "web-canary")
    spec, own = made.object["spec"], {NAME: "web-canary", "team": "shop"}
    assert spec["selector"]["matchLabels"] == second.object["spec"]["selector"] == own
    assert spec["template"]["metadata"]["labels"] == {**own, "tier": "front"}
    assert spec["template"]["spec"] == deployment().object["spec"]["template"]["spec"]
    assert spec["replicas"] == 3


def test_the_second_service_is_for_the_cluster_alone() -> None:
    outside = {"type": "LoadBalancer", "loadBalancerClass": "nlb", "ipFamilyPolicy": "PreferDualStack"}
    whole = parts(deployment(), service(**outside), route())
    _, second = beside(whole, WANTED, 1, b"")
    assert second.object["spec"] == {
        "ipFamilyPolicy": "PreferDualStack", "type": "ClusterIP", "ports": [{"port": 80}],
        "selector": {NAME: "web-canary", "team": "shop"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "replicas", "made"),
    [((5,), 3, 1), ((10, 50), 4, 2), ((10, 50), 5, 3), ((99,), 10, 10), ((100,), 7, 7), ((1,), 0, 1)],
)
def test_it_has_as_many_replicas_as_its_largest_share_asks_for(
    steps: tuple[int, ...], replicas: int, made: int
) -> None:
    first, _ = beside(parts(), Progressive("shop", "web", steps, 1.0), replicas, b"")
    assert first.object["spec"]["replicas"] == made


def test_of_a_route_with_other_backends_only_the_services_part_is_shared() -> None:
    shared = weighed(route({"name": "web", "weight": 3}, {"name": "api"}).object, "web", "web-canary", 25)
    assert shared["spec"]["rules"][0]["backendRefs"] == [
        {"name": "web", "weight": 225},
        {"name": "web-canary", "weight": 75},
        {"name": "api", "weight": 100},
    ]


def test_what_a_backend_says_besides_is_said_of_both() -> None:
    filters = [{"type": "RequestHeaderModifier"}]
    shared = weighed(route({"name": "web", "port": 80, "filters": filters}).object, "web", "web-canary", 100)
    assert shared["spec"]["rules"][0]["backendRefs"] == [
        {"name": "web", "port": 80, "filters": filters, "weight": 0},
        {"name": "web-canary", "port": 80, "filters": filters, "weight": 100},
    ]


def test_rules_that_lead_elsewhere_stay_as_they_are() -> None:
    before = route({"name": "api", "port": 80}).object
    assert weighed(before, "web", "web-canary", 10) == before


def test_a_renamed_label_is_no_longer_than_a_value_may_be() -> None:
    assert renamed("x" * 63, "canary") == "x" * 56 + "-canary"


def test_the_target_says_how_the_traffic_goes_over() -> None:
    told = {"route": "shop", "service": "web", "steps": [10, 50], "pause": 300, "alarms": ["errors"]}
    found = read_progressive(told)
    assert found == Progressive("shop", "web", (10, 50), 300.0, ("errors",))
    assert (found.word, read_progressive({**told, "steps": [100]}).word) == ("canary", "green")


@pytest.mark.parametrize("steps", ["[]", "[50, 10]", "[10, 10]", "[0, 10]", "[10, 101]"])
def test_steps_that_are_none_are_refused(steps: str) -> None:
    rollout = f'{{"route": "shop", "service": "web", "steps": {steps}, "pause": 1}}'
    cluster = '"cluster": {"name": "c", "region": "r"}, "ledger": "l", "deliveries": []'
    text = f'{{"service": "s", "environment": "e", "namespace": "n", {cluster}, "rollout": {rollout}}}'
    with pytest.raises(Fatal, match="is not a target"):
        read_target(text)
