"""CloudFormation's requests, and what becomes of them."""

import time
from typing import Any

import pytest

from namespaces.answer import Answer, send
from namespaces.eks import ApiServer
from namespaces.handler import Patience, answer

PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:shop-namespaces",
    "ClusterName": "shop",
    "Service": "shop",
    "Namespaces": [{"Name": "shop-dev", "Environment": "dev"}, {"Name": "shop-prod", "Environment": "prod"}],
}


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": "http://127.0.0.1:9/",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/shop-cluster/1",
        "RequestId": "one",
        "LogicalResourceId": "Made",
        "ResourceType": "Custom::Namespaces",
        "ResourceProperties": PROPERTIES,
        **more,
    }


def soon(seconds: float = 5) -> Patience:
    return Patience(time.monotonic() + seconds, pause=0.05)


def tries(fake: Any, namespace: str) -> list[Any]:
    """What was asked of the namespace itself."""
    return [asked for asked in fake.asked if asked.path.startswith(f"/api/v1/namespaces/{namespace}?")]


def test_create_applies_each_namespace_with_its_labels(cluster: Any) -> None:
    fake, connect = cluster
    given = answer(event("Create"), connect, soon())
    assert given.status == "SUCCESS"
    patches = [asked for asked in fake.asked if asked.method == "PATCH"]
    assert [asked.path for asked in patches] == [
        f"/api/v1/namespaces/shop-{name}?fieldManager=shipline-namespaces&force=true" for name in ("dev", "prod")
    ]
    assert fake.asked[0].headers["Authorization"] == "Bearer token-for-shop"
    assert fake.asked[0].headers["Content-Type"] == "application/apply-patch+yaml"
    assert patches[1].body["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "shipline",
        "app.kubernetes.io/part-of": "shop",
        "shipline.dev/service": "shop",
        "shipline.dev/environment": "prod",
    }


def test_a_physical_id_is_kept_for_the_life_of_the_resource(cluster: Any) -> None:
    _, connect = cluster
    made = answer(event("Create"), connect, soon())
    again = answer(event("Update", PhysicalResourceId=made.resource, OldResourceProperties=PROPERTIES), connect, soon())
    assert made.resource == again.resource


def test_access_that_is_not_in_force_yet_is_waited_for(cluster: Any) -> None:
    fake, connect = cluster
    fake.queued += [(401, {"message": "Unauthorized"}), (403, {"message": "forbidden"}), (503, {"message": "starting"})]
    assert answer(event("Create"), connect, soon()).status == "SUCCESS"
    assert len(tries(fake, "shop-dev")) == 4


def test_access_that_never_comes_fails_with_the_servers_words(cluster: Any) -> None:
    fake, connect = cluster
    fake.default = (403, {"message": 'namespaces "shop-dev" is forbidden'})
    given = answer(event("Create"), connect, soon(0.3))
    assert given.status == "FAILED"
    assert 'namespace shop-dev: 403 namespaces "shop-dev" is forbidden' in given.reason


def test_a_refusal_that_stays_fails_at_once(cluster: Any) -> None:
    fake, connect = cluster
    fake.default = (422, {"message": "metadata.name: Invalid value"})
    given = answer(event("Create"), connect, soon())
    assert (given.status, len(fake.asked)) == ("FAILED", 1)
    assert "422 metadata.name: Invalid value" in given.reason


def test_a_namespace_that_is_going_is_waited_for(cluster: Any) -> None:
    fake, connect = cluster
    fake.queued.append((200, {"status": {"phase": "Terminating"}}))
    assert answer(event("Create"), connect, soon()).status == "SUCCESS"
    assert len(tries(fake, "shop-dev")) == 2


def test_a_server_of_another_authority_is_not_believed(cluster: Any, other_authority: str) -> None:
    fake, _ = cluster
    given = answer(event("Create"), lambda name: ApiServer(fake.url, other_authority, "t"), soon(0.2))
    assert given.status == "FAILED"
    assert "certificate verify failed" in given.reason
    assert fake.asked == []


def test_delete_keeps_the_namespaces_and_says_so(cluster: Any, capsys: pytest.CaptureFixture[str]) -> None:
    fake, connect = cluster
    given = answer(event("Delete", PhysicalResourceId="p"), connect, soon())
    assert (given, fake.asked) == (Answer("SUCCESS", "p"), [])
    assert "kept: shop-dev, shop-prod" in capsys.readouterr().out


def test_delete_after_a_create_that_failed_succeeds(cluster: Any) -> None:
    _, connect = cluster
    broken = event("Delete", PhysicalResourceId="p", ResourceProperties={"ServiceToken": "arn"})
    assert answer(broken, connect, soon()).status == "SUCCESS"


def test_update_names_what_no_environment_uses_any_more(cluster: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, connect = cluster
    before = {**PROPERTIES, "Namespaces": [*PROPERTIES["Namespaces"], {"Name": "shop-qa", "Environment": "qa"}]}
    answer(event("Update", PhysicalResourceId="p", OldResourceProperties=before), connect, soon())
    assert "no environment uses them any more: shop-qa" in capsys.readouterr().out


@pytest.mark.parametrize(
    "broken", [event("Create", ResourceProperties={}), event("Replace"), {**event("Create"), "RequestType": ""}]
)
def test_what_cannot_be_understood_is_answered_as_failed(broken: dict[str, Any], cluster: Any) -> None:
    _, connect = cluster
    given = answer(broken, connect, soon())
    assert given.status == "FAILED"
    assert given.reason


def test_the_answer_is_put_where_cloudformation_waits(cloudformation: Any) -> None:
    asked = event("Create", ResponseURL=f"{cloudformation.url}/answer?Signature=x")
    send(asked, Answer("FAILED", "p", "because" + "x" * 9000))
    (put,) = cloudformation.asked
    assert (put.method, put.path) == ("PUT", "/answer?Signature=x")
    assert put.headers["Content-Type"] == ""
    assert {k: v for k, v in put.body.items() if k != "Reason"} == {
        "Status": "FAILED",
        "PhysicalResourceId": "p",
        "StackId": asked["StackId"],
        "RequestId": "one",
        "LogicalResourceId": "Made",
        "Data": {},
    }
    assert put.body["Reason"].startswith("because")
    assert len(put.body["Reason"]) == 3000


def test_an_answer_is_sent_again_when_s3_stumbles(cloudformation: Any) -> None:
    cloudformation.queued.append((503, {}))
    send(event("Create", ResponseURL=cloudformation.url), Answer("SUCCESS", "p"))
    assert len(cloudformation.asked) == 2


def test_what_the_template_does_not_ask_for_is_cleared_of_ours(cluster: Any) -> None:
    fake, connect = cluster
    answer(event("Create"), connect, soon())
    assert [asked.path for asked in fake.asked if asked.method == "DELETE"] == [
        f"{api}/namespaces/shop-{name}/{kind}?labelSelector=shipline.dev/namespace-rule"
        for name in ("dev", "prod")
        for api, kind in (
            ("/api/v1", "resourcequotas"),
            ("/api/v1", "limitranges"),
            ("/apis/networking.k8s.io/v1", "networkpolicies"),
        )
    ]


def test_a_kind_that_cannot_be_cleared_fails_by_name(cluster: Any) -> None:
    fake, connect = cluster
    fake.queued += [fake.default, (405, {"message": "not allowed"})]
    given = answer(event("Create"), connect, soon())
    assert given.status == "FAILED"
    assert "resourcequotas of shop-dev: 405 not allowed" in given.reason
