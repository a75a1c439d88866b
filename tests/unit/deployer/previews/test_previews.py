"""What a build may ask for, whose pull request it is taken for, and what it is told."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from deployer.compose import Clients, Composed
from deployer.errors import DeployError, Fatal, Fenced, Unavailable
from deployer.kube.errors import Forbidden, Status
from deployer.log import Log
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from deployer.previews.addresses import addresses
from deployer.previews.build import pull_request
from deployer.previews.deliver import Preview, delivery, of_pull_request
from deployer.previews.handler import answer
from deployer.previews.keeper import open_preview, until_allowed
from deployer.previews.request import Request, read_request
from deployer.redact import Redactor
from deployer.target import Target

BUILD = "shop-previews:12345678-90ab-cdef-1234-567890abcdef"
RELEASE = base64.b64encode(b"PK").decode()
TOKEN = Token(3, "wait", 9, "mac")


def base(redactor: Redactor | None = None) -> Composed:
    known = redactor or Redactor()
    nobody: Any = None
    return Composed(Clients(nobody), nobody, known, Log(known, io.StringIO()))


@pytest.fixture
def stubbed() -> Callable[[str], tuple[Any, Stubber]]:
    def make(service: str) -> tuple[Any, Stubber]:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
        stub = Stubber(client)
        stub.activate()
        return client, stub

    return make


class FakeKube:
    """Answers by path; what it has not is forbidden."""

    def __init__(self, items: dict[str, list[dict[str, Any]]], refusals: int = 0) -> None:
        self.items, self.refusals, self.asked = items, refusals, 0

    def request(self, method: str, path: str, **_: Any) -> dict[str, Any]:
        self.asked += 1
        if self.asked <= self.refusals or path.rpartition("/")[2] not in self.items:
            raise Forbidden(Status(403, "Forbidden", "no"), path)
        return {"items": self.items[path.rpartition("/")[2]]}


def test_a_request_is_a_build_its_release_and_the_token_of_an_earlier_answer() -> None:
    token = {"release": 3, "stage": "wait", "fence": 9, "mac": "mac"}
    assert read_request({"build": BUILD, "release": RELEASE, "token": token}) == Request(BUILD, b"PK", TOKEN)
    assert read_request({"build": BUILD, "release": RELEASE, "token": None}).token is None


@pytest.mark.parametrize(
    "change",
    [
        {"build": None},
        {"build": "shop-previews"},
        {"build": "../shop:12345678-90ab-cdef-1234-567890abcdef"},
        {"build": f"{BUILD}/../x"},
        {"build": [BUILD]},
        {"release": None},
        {"release": "not base64!"},
        {"release": "A" * 6_000_000},
        {"token": "3"},
        {"token": {"release": 3}},
        {"token": {"release": "x", "stage": "wait", "fence": 9, "mac": ""}},
        {"pull_request": 8},
        {"namespace": "kube-system"},
    ],
)
def test_nothing_else_is_a_request(change: dict[str, Any]) -> None:
    with pytest.raises(Fatal):
        read_request({"build": BUILD, "release": RELEASE, **change})


def build(**more: Any) -> dict[str, Any]:
    return {
        "builds": [
            {"projectName": "shop-previews", "buildStatus": "IN_PROGRESS", "sourceVersion": "pr/7", "id": BUILD, **more}
        ]
    }


def test_codebuild_says_which_pull_request_a_build_is_of(stubbed: Any) -> None:
    client, stub = stubbed("codebuild")
    stub.add_response("batch_get_builds", build(), {"ids": [BUILD]})
    assert pull_request(client, BUILD, "shop-previews") == 7


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"builds": [], "buildsNotFound": [BUILD]}, "has no such build"),
        (build(projectName="other"), "has no such build"),
        (build(buildStatus="SUCCEEDED"), "it has ended"),
        (build(sourceVersion="main"), "not started for a pull request"),
        (build(sourceVersion="pr/0"), "not started for a pull request"),
        (build(sourceVersion="pr/7/../8"), "not started for a pull request"),
        (build(sourceVersion="pr/12345678"), "not started for a pull request"),
        (build(sourceVersion="c0ffee" * 6), "not started for a pull request"),
    ],
)
def test_a_build_that_cannot_be_placed_deploys_nothing(stubbed: Any, found: dict[str, Any], reason: str) -> None:
    client, stub = stubbed("codebuild")
    stub.add_response("batch_get_builds", found, {"ids": [BUILD]})
    with pytest.raises(Fatal, match=reason):
        pull_request(client, BUILD, "shop-previews")


def test_a_build_of_another_project_is_not_even_asked_about(stubbed: Any) -> None:
    client, _ = stubbed("codebuild")
    with pytest.raises(Fatal, match="it is none of shop-previews"):
        pull_request(client, BUILD.replace("shop-previews", "shop-previews-closed"), "shop-previews")


def test_codebuilds_refusal_is_told(stubbed: Any) -> None:
    client, stub = stubbed("codebuild")
    stub.add_client_error("batch_get_builds", "AccessDeniedException", "no")
    with pytest.raises(Fatal, match="AccessDeniedException: no"):
        pull_request(client, BUILD, "shop-previews")


def test_the_namespace_is_the_templates_with_the_number_behind_it() -> None:
    template = Target("shop", "dev", "shop-pr-", "stage", "us-east-1", "", {}, ())
    target = of_pull_request(template, 7)
    assert (target.namespace, target.environment) == ("shop-pr-7", "pr-7")


def test_a_build_that_asks_again_is_the_same_attempt_by_another_holder() -> None:
    first, again = (delivery(Request(BUILD, b"PK", token)) for token in (None, TOKEN))
    assert first.execution == first.attempt == again.attempt == BUILD
    assert first.holder != again.holder
    assert first.seal() == again.seal() != delivery(Request(BUILD, b"other", None)).seal()


def test_the_keeper_is_given_the_number_alone(stubbed: Any) -> None:
    client, stub = stubbed("lambda")
    stub.add_response("invoke", {"StatusCode": 200}, {"FunctionName": "keeper", "Payload": b'{"open": 7}'})
    open_preview(client, "keeper", 7)
    said = json.dumps({"errorMessage": "namespace shop-pr-7 is there, and is no preview"}).encode()
    body = StreamingBody(io.BytesIO(said), len(said))
    stub.add_response("invoke", {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": body})
    with pytest.raises(Fatal, match="is no preview"):
        open_preview(client, "keeper", 7)


def test_rights_that_come_late_are_waited_for() -> None:
    slept: list[float] = []
    kube: Any = FakeKube({"configmaps": []}, refusals=2)
    until_allowed(kube, "shop-pr-7", slept.append)
    assert len(slept) == 2
    with pytest.raises(Unavailable, match="namespace shop-pr-7"):
        until_allowed(FakeKube({}), "shop-pr-7", slept.append)  # type: ignore[arg-type]


def test_addresses_are_those_of_ingresses_and_load_balancers() -> None:
    balancer = {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}}
    named = {"spec": {"rules": [{"host": "a.example"}, {"host": "b.example"}], "tls": [{"hosts": ["a.example"]}]}}
    services = [{"spec": {"ports": [{"port": 80}]}, **balancer}, {"spec": {"ports": [{"port": 5432}]}, "status": {}}]
    kube: Any = FakeKube({"services": services, "ingresses": [named, {"spec": {"rules": [{}]}, **balancer}]})
    assert addresses(kube, "shop-pr-7") == [
        "http://b.example",
        "http://lb.example",
        "http://lb.example:80",
        "https://a.example",
    ]
    nothing: Any = FakeKube({})
    assert addresses(nothing, "shop-pr-7") == []


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Succeeded(3, "all is well"), {"state": "healthy", "said": "all is well"}),
        (Failed("it broke"), {"state": "failed", "said": "it broke"}),
        (
            Continue(TOKEN, "waits"),
            {"state": "working", "said": "waits", "token": {"release": 3, "stage": "wait", "fence": 9, "mac": "mac"}},
        ),
    ],
)
def test_a_build_is_told_what_became_of_it(outcome: Outcome, told: dict[str, Any]) -> None:
    found = answer(
        {"build": BUILD, "release": RELEASE}, base(), lambda _: Preview(7, "shop-pr-7", outcome, ["http://x"])
    )
    assert found == {**told, "pull_request": 7, "namespace": "shop-pr-7", "addresses": ["http://x"]}


@pytest.mark.parametrize(
    ("error", "state", "said"),
    [
        (Fatal("no, hunter2."), "failed", "no, ***."),
        (KeyError("hunter2"), "failed", "The deployer itself failed: KeyError"),
        (Fenced(), "working", "another invocation"),
    ],
)
def test_what_goes_wrong_is_an_answer_without_secrets(error: Exception, state: str, said: str) -> None:
    redactor = Redactor()
    redactor.learn(["hunter2"])

    def fail(_: Request) -> Preview:
        raise error

    found = answer({"build": BUILD, "release": RELEASE}, base(redactor), fail)
    assert found["state"] == state
    assert "hunter2" not in json.dumps(found)
    assert isinstance(error, DeployError) is (found["said"] == str(error).replace("hunter2", "***")) or said
    assert found["said"].startswith(said.partition("***")[0])


def test_a_request_that_is_none_is_answered_as_failed() -> None:
    found = answer({"namespace": "kube-system"}, base(), lambda _: pytest.fail("nothing is done"))
    assert found["state"] == "failed"
