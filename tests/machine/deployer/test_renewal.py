"""A secret gets a new value where it is kept: the release that runs comes once more, with it, and its pods restart."""

import base64
import datetime as dt
import uuid
from typing import Any

import boto3
import pytest

from deployer.budget import UNLIMITED, Budget
from deployer.compose import Clients, Composed
from deployer.job import Answers
from deployer.ledger import Held
from deployer.log import Log
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.redact import Redactor
from deployer.renewal.change import Unfinished, follow
from deployer.renewal.pods import NOTE
from deployer.soak import Soak
from tests.support.delivery import Place, deployment

DEPLOYMENTS, SECRETS = "apis/apps/v1/deployments", "api/v1/secrets"
USES = [{"name": "PIN", "valueFrom": {"secretKeyRef": {"name": "pin", "key": "value"}}}]
FILES = {"manifests/web.yaml": deployment(env=USES), "manifests/api.yaml": deployment("api")}


def put(value: str) -> None:
    ssm = boto3.client("ssm", region_name="us-east-1")
    ssm.put_parameter(Name="/shop/pin", Value=value, Type="SecureString", Overwrite=True)


@pytest.fixture
def dev(place: Any) -> Place:
    put("1")
    made: Place = place(secrets={"pin": "ssm:/shop/pin"}, restart=("pin",))
    return made


def tell(dev: Place, budget: Budget = UNLIMITED, id_: str = "") -> Outcome | None:
    """What Lambda does with an event of the Parameter Store."""
    redactor = Redactor()
    base = Composed(
        Clients(boto3.Session(region_name="us-east-1")),
        Answers(None, redactor.clean),
        redactor,
        Log(redactor, dev.logged),
    )
    event = {"id": id_ or str(uuid.uuid4()), "source": "aws.ssm", "detail": {"name": "/shop/pin"}}
    return follow(event, base, budget, {}, lambda base, environ: dev.world_of(base))


def live(dev: Place) -> tuple[str, str | None, int]:
    """The value, the version that the pods were started with, and the other Deployment's generation."""
    secret, web, api = dev.get(SECRETS, "pin"), dev.get(DEPLOYMENTS, "web"), dev.get(DEPLOYMENTS, "api")
    assert secret
    assert web
    assert api
    notes = web["spec"]["template"]["metadata"]["annotations"]
    return base64.b64decode(secret["data"]["value"]).decode(), notes.get(NOTE), api["metadata"]["generation"]


def delivered(dev: Place, **more: Any) -> int:
    outcome = dev.release(FILES, **more)
    assert isinstance(outcome, Succeeded), outcome
    return outcome.number


def test_what_uses_it_restarts_and_what_does_not_stays_and_the_ledger_says_so(dev: Place) -> None:
    assert tell(dev) is None  # nothing runs yet
    first = delivered(dev)
    assert live(dev) == ("1", "pin=1", 1)
    assert tell(dev) is None
    put("2")
    outcome = tell(dev)
    assert isinstance(outcome, Succeeded), outcome
    assert live(dev) == ("2", "pin=2", 1)
    assert outcome.number > first
    record = dev.record(f"{outcome.number:010}")
    assert (record["status"], record["commit"]) == ("Succeeded", "c0ffee")
    assert tell(dev) is None
    assert "unchanged" in _summary(dev.release(FILES))  # the next release restarts nothing again
    assert live(dev) == ("2", "pin=2", 1)


def test_going_back_to_an_earlier_release_keeps_the_new_value(dev: Place) -> None:
    first = delivered(dev)
    put("2")
    assert isinstance(tell(dev), Succeeded)
    assert isinstance(dev.release({}, again=first), Succeeded)
    assert live(dev) == ("2", "pin=2", 1)


def test_a_value_that_pods_do_not_stand_is_set_back(dev: Place) -> None:
    dev.patience = 4.0
    delivered(dev)
    put("2")
    full = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "full"}, "spec": {"hard": {"pods": "2"}}}
    dev.plane.admin.request("POST", f"/api/v1/namespaces/{dev.namespace}/resourcequotas", body=full)
    outcome = tell(dev)
    assert isinstance(outcome, Failed)
    assert live(dev)[:2] == ("1", "pin=1")


def test_a_hold_stops_it(dev: Place) -> None:
    delivered(dev)
    put("2")
    world = dev.world()
    world.ledger.hold(Held(0, "ada", dt.datetime.now(dt.UTC).isoformat(), "incident"))
    outcome = tell(dev)
    assert isinstance(outcome, Failed)
    assert "held" in outcome.message
    assert live(dev)[0] == "1"
    world.ledger.lift()
    world.cluster.kube.close()


def test_a_release_between_two_of_its_invocations_is_waited_for_and_goes_on(dev: Place) -> None:
    delivered(dev)
    slow = {**FILES, "manifests/web.yaml": deployment(env=USES, image="shop/api")}
    execution, attempt = str(uuid.uuid4()), str(uuid.uuid4())
    stops = iter([100.0, 100.0])
    begun = dev.release(slow, execution, Budget(lambda: next(stops, 0.0), 1.0), attempt)
    assert isinstance(begun, Continue), begun
    put("2")
    with pytest.raises(Unfinished):
        tell(dev, Budget(lambda: 0.0, 1.0), "same")
    ended = dev.release(slow, execution, UNLIMITED, attempt, begun.token)
    assert isinstance(ended, Succeeded), ended
    assert isinstance(tell(dev, id_="same"), Succeeded)
    assert live(dev)[:2] == ("2", "pin=2")


def test_a_release_that_got_its_number_before_is_not_superseded_by_it(dev: Place) -> None:
    delivered(dev)
    execution = str(uuid.uuid4())
    number = dev.number(execution)
    put("2")
    between = tell(dev)
    assert isinstance(between, Succeeded)
    later = dev.release(FILES, execution)
    assert isinstance(later, Succeeded), later
    assert later.number > between.number > number


def test_a_release_soaks_on_with_new_secrets(dev: Place) -> None:
    dev.soak = 60.0
    number = delivered(dev)
    put("2")
    assert isinstance(tell(dev), Succeeded)
    world = dev.world()
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)
    assert isinstance(Soak(world, number, "stop", lambda: later, lambda seconds: None).look(UNLIMITED), Succeeded)
    world.cluster.kube.close()


def _summary(outcome: Outcome) -> str:
    assert isinstance(outcome, Succeeded), outcome
    return outcome.summary
