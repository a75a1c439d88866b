"""A new version beside the old one on a real API server: the route's weights go through the steps, and back."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deployer.budget import Budget
from deployer.canary import stages
from deployer.canary.model import Progressive
from deployer.outcome import Continue, Failed, Succeeded
from tests.support.controlplane import ControlPlane
from tests.support.delivery import Place, config_map, deployment
from tests.support.gateway import Gateway, define

DEPLOYMENTS, SERVICES = "apis/apps/v1/deployments", "api/v1/services"
ROUTES = "apis/gateway.networking.k8s.io/v1/httproutes"
WHOLE = {"web": 1}
RING = {"MetricName": "Errors", "Namespace": "Shop", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}


def shared(canary: int, word: str = "canary") -> dict[str, int]:
    return {"web": 100 - canary, f"web-{word}": canary}


@pytest.fixture(scope="module")
def gateway(plane: ControlPlane) -> Iterator[Gateway]:
    define(plane)
    with Gateway(plane) as working:
        yield working


@pytest.fixture
def prod(gateway: Gateway, place: Any) -> Place:
    made: Place = place(lease=1.0)
    made.progressive = Progressive("shop", "web", (10, 50), pause=0.5, drain=0.2)
    return made


def files(turn: int, pod: str = "ready", replicas: int = 2) -> dict[str, str]:
    env = [{"name": "TURN", "value": str(turn)}]
    service = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    rules = [{"backendRefs": [{"name": "web", "port": 80}]}]
    route = {"parentRefs": [{"name": "edge"}], "rules": rules}
    return {
        "manifests/web.yaml": deployment(pod=pod, replicas=replicas, env=env),
        "manifests/service.yaml": of("v1", "Service", "web", service),
        "manifests/route.yaml": of("gateway.networking.k8s.io/v1", "HTTPRoute", "shop", route),
    }


def of(version: str, kind: str, name: str, spec: dict[str, Any]) -> str:
    return json.dumps({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec})


def begun(prod: Place) -> int:
    outcome = prod.release(files(1))
    assert isinstance(outcome, Succeeded), outcome
    return outcome.number


def turn(prod: Place, name: str = "web") -> str:
    found = prod.get(DEPLOYMENTS, name)
    assert found is not None
    (env,) = found["spec"]["template"]["spec"]["containers"][0]["env"]
    return str(env["value"])


def weights(prod: Place) -> dict[str, int]:
    route = prod.get(ROUTES, "shop")
    assert route is not None
    return {each["name"]: each["weight"] for each in route["spec"]["rules"][0]["backendRefs"]}


def seen(gateway: Gateway, prod: Place, until: dict[str, int] | None = None) -> list[dict[str, int]]:
    """What the gateway was told, when the last of it has come."""
    end = time.monotonic() + 10
    found = gateway.shares.get(prod.namespace, [])
    while (not found or found[-1] != (until or WHOLE)) and time.monotonic() < end:
        time.sleep(0.05)
        found = gateway.shares.get(prod.namespace, [])
    return found


def left(prod: Place, word: str = "canary") -> list[str]:
    return [kind for kind in (DEPLOYMENTS, SERVICES) if prod.get(kind, f"web-{word}")]


def ring_at(prod: Place, share: int) -> threading.Thread:
    """The alarm goes off as soon as the canary has that share."""

    def watch() -> None:
        until = time.monotonic() + 20
        while weights(prod) != shared(share) and time.monotonic() < until:
            time.sleep(0.02)
        alarm("ALARM")

    watching = threading.Thread(target=watch)
    watching.start()
    return watching


def alarm(state: str) -> None:
    cloudwatch = boto3.client("cloudwatch", region_name="us-east-1")
    cloudwatch.put_metric_alarm(AlarmName="shop-5xx", Threshold=1, ComparisonOperator="GreaterThanThreshold", **RING)
    cloudwatch.set_alarm_state(AlarmName="shop-5xx", StateValue=state, StateReason="7 errors in a minute")


def test_the_weights_go_through_the_steps_in_order_and_the_canary_is_gone_at_the_end(
    gateway: Gateway, prod: Place
) -> None:
    begun(prod)
    outcome = prod.release(files(2))
    assert isinstance(outcome, Succeeded), prod.logged.getvalue()[-3000:]
    assert seen(gateway, prod) == [WHOLE, shared(10), shared(50), WHOLE]
    assert turn(prod) == "2"
    assert left(prod) == []


def test_its_pods_are_its_own_as_many_as_its_largest_share_asks_for_and_their_new_configuration_is_there(
    prod: Place,
) -> None:
    begun(prod)
    new = {**files(2, replicas=5), "manifests/settings.yaml": config_map("settings-2", a="1")}
    outcome = prod.release(new, "long", attempt="a", budget=short(prod))
    assert isinstance(outcome, Continue), outcome
    canary, service = prod.get(DEPLOYMENTS, "web-canary"), prod.get(SERVICES, "web-canary")
    assert canary is not None
    assert service is not None
    assert canary["spec"]["replicas"] == 3
    assert canary["spec"]["selector"]["matchLabels"] == service["spec"]["selector"] == {"app": "web-canary"}
    assert turn(prod, "web-canary") == "2"
    assert turn(prod) == "1"
    assert prod.get("api/v1/configmaps", "settings-2") is not None


def short(prod: Place) -> Budget:
    """One that is over when the canary has its first share."""
    return Budget(lambda: 0.0 if weights(prod) == shared(10) else 1.0, 0.5)


def test_a_step_that_an_invocation_did_not_finish_is_held_on_by_the_next_one(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    first = prod.release(files(2), "long", attempt="a", budget=short(prod))
    assert isinstance(first, Continue), first
    assert first.token.stage == "canary"
    assert "canary at 10 %" in first.summary
    assert weights(prod) == shared(10)
    outcome = prod.release(files(2), "long", attempt="a", token=first.token)
    assert isinstance(outcome, Succeeded), outcome
    assert seen(gateway, prod) == [WHOLE, shared(10), shared(50), WHOLE]


def test_an_alarm_in_the_second_step_takes_the_traffic_back_and_fails_the_release(
    gateway: Gateway, prod: Place
) -> None:
    assert prod.progressive is not None
    prod.progressive = Progressive("shop", "web", (10, 50), pause=1.5, alarms=("shop-5xx",), drain=0.2)
    alarm("OK")
    good = begun(prod)
    ringing = ring_at(prod, 50)
    outcome = prod.release(files(2))
    ringing.join()
    assert isinstance(outcome, Failed)
    assert "the canary did not stand 50 % of the traffic." in outcome.message
    assert "alarm shop-5xx rings since" in outcome.message
    assert "7 errors in a minute" in outcome.message
    assert f"is back at release {good}" in outcome.message
    assert seen(gateway, prod) == [WHOLE, shared(10), shared(50), WHOLE]
    assert turn(prod) == "1"
    assert left(prod) == []
    events = [json.loads(line)["event"] for line in prod.logged.getvalue().splitlines()]
    assert events.index("traffic back") < events.index("restored")


def test_pods_that_cannot_run_are_never_given_traffic(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    outcome = prod.release(files(2, pod="name"))
    assert isinstance(outcome, Failed)
    assert "Deployment web-canary" in outcome.message
    assert "InvalidImageName" in outcome.message
    assert seen(gateway, prod) == [WHOLE]
    assert left(prod) == []


def test_a_deployer_that_is_killed_between_two_steps_goes_on_where_it_was(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    killed(prod, files(2))
    assert weights(prod) == shared(10)
    outcome = prod.release(files(2), "killed", attempt="a")
    assert isinstance(outcome, Succeeded), outcome
    assert seen(gateway, prod) == [WHOLE, shared(10), shared(50), WHOLE]
    assert left(prod) == []


def test_the_next_release_takes_the_traffic_back_before_its_own_canary(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    killed(prod, files(2))
    outcome = prod.release(files(3))
    assert isinstance(outcome, Succeeded), outcome
    assert seen(gateway, prod) == [WHOLE, shared(10), WHOLE, shared(10), shared(50), WHOLE]
    assert turn(prod) == "3"
    assert left(prod) == []


def test_a_release_that_is_refused_takes_the_traffic_of_a_killed_one_back(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    killed(prod, files(2))
    outcome = prod.release({**files(3), "manifests/web.yaml": "kind: nothing\n"})
    assert isinstance(outcome, Failed)
    assert seen(gateway, prod) == [WHOLE, shared(10), WHOLE]
    assert turn(prod) == "1"
    assert left(prod) == []


def test_without_a_rollout_any_more_the_leftovers_of_a_killed_one_go_all_the_same(
    gateway: Gateway, prod: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "DRAIN", 0.2)
    begun(prod)
    killed(prod, files(2))
    prod.progressive = None
    outcome = prod.release(files(3))
    assert isinstance(outcome, Succeeded), outcome
    assert weights(prod) == WHOLE
    assert left(prod) == []


class Killed(BaseException):
    """Ends an invocation as SIGKILL does: nothing of ours handles it."""


def killed(prod: Place, new: dict[str, str]) -> None:
    """The deployer dies when the canary has its first share, and leaves everything as it is."""

    def remaining() -> float:
        if weights(prod) == shared(10):
            raise Killed
        return 1.0

    with pytest.raises(Killed):
        prod.release(new, "killed", attempt="a", budget=Budget(remaining, 0.0))


def test_blue_and_green_switch_all_traffic_at_once(gateway: Gateway, prod: Place) -> None:
    prod.progressive = Progressive("shop", "web", (100,), pause=0.5, drain=0.2)
    begun(prod)
    outcome = prod.release(files(2))
    assert isinstance(outcome, Succeeded), outcome
    assert seen(gateway, prod) == [WHOLE, shared(100, "green"), WHOLE]
    assert left(prod, "green") == []


def test_pods_that_stay_as_they_are_have_no_canary(gateway: Gateway, prod: Place) -> None:
    begun(prod)
    outcome = prod.release({**files(1, replicas=3)})
    assert isinstance(outcome, Succeeded), outcome
    assert seen(gateway, prod) == [WHOLE]
    assert "the pods stay as they are" in prod.logged.getvalue()


def test_an_earlier_release_that_is_asked_for_comes_back_at_once(gateway: Gateway, prod: Place) -> None:
    first = begun(prod)
    prod.release(files(2))
    outcome = prod.release({}, again=first)
    assert isinstance(outcome, Succeeded), outcome
    assert turn(prod) == "1"
    assert seen(gateway, prod) == [WHOLE, shared(10), shared(50), WHOLE]


def test_a_release_without_the_route_is_refused_before_anything_is_written(prod: Place) -> None:
    begun(prod)
    outcome = prod.release({name: text for name, text in files(2).items() if "route" not in name})
    assert isinstance(outcome, Failed)
    assert "HTTPRoute shop: the environment's `rollout` names it" in outcome.message
    assert turn(prod) == "1"


def test_somebody_elses_object_of_its_name_is_left_alone(prod: Place) -> None:
    begun(prod)
    body = json.loads(of("v1", "Service", "web-canary", {"ports": [{"port": 81}]}))
    prod.plane.admin.request("POST", f"/api/v1/namespaces/{prod.namespace}/services", body=body)
    outcome = prod.release(files(2))
    assert isinstance(outcome, Failed)
    assert "Service web-canary: it is there already, and not ours" in outcome.message
    service = prod.get(SERVICES, "web-canary")
    assert service is not None
    assert service["spec"]["ports"][0]["port"] == 81
