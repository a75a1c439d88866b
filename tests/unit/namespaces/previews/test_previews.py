"""Previews opened, closed and swept: what the API server and ECR are told."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from namespaces.eks import Account
from namespaces.errors import NotYet, Refused
from namespaces.handler import Patience
from namespaces.previews import images
from namespaces.previews.handler import Edges, answer
from namespaces.previews.request import LARGEST, Close, Open, Sweep, asked
from namespaces.previews.settings import Settings, settings
from namespaces.signature import Credentials, Signer

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TOLD = {
    "cluster": "stage",
    "service": "shop",
    "prefix": "shop-pr-",
    "group": "shipline:previews:shop",
    "expires": 3 * 86400,
    "podSecurity": {"level": "baseline", "version": "v1.36"},
    "quota": {"cpu": "2"},
    "isolate": True,
    "repositories": ["shop/previews/web"],
}


@dataclass
class Registry:
    """An ECR of one repository with pages of two."""

    tags: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    def __call__(self, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        assert given["repositoryName"] == "shop/previews/web"
        if operation == "BatchDeleteImage":
            self.deleted += [each["imageTag"] for each in given["imageIds"]]
            return {"failures": []}
        at = int(given.get("nextToken", "0"))
        page = {"imageIds": [{"imageTag": tag} for tag in self.tags[at : at + 2]]}
        return {**page, "nextToken": str(at + 2)} if at + 2 < len(self.tags) else page


@pytest.fixture
def told() -> Settings:
    return settings(json.dumps(TOLD))


@pytest.fixture
def registry() -> Registry:
    return Registry(["pr-7-aaaa-src-1", "pr-71-aaaa-src-1", "pr-7-bbbb-src-2", "src-1", "pr-8-aaaa-src-7"])


def edges(cluster: Any, registry: Registry, seconds: float = 5) -> Edges:
    _, connect = cluster
    return Edges(lambda: connect("stage"), registry, lambda: NOW, Patience(time.monotonic() + seconds, pause=0.05))


def namespace(name: str, **more: Any) -> dict[str, Any]:
    labels = {"shipline.dev/preview": "shop"}
    return {"metadata": {"name": name, "uid": f"uid-of-{name}", "resourceVersion": "5", "labels": labels, **more}}


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def methods(fake: Any) -> list[str]:
    return [each.method for each in fake.asked]


@pytest.mark.parametrize(
    ("event", "wanted"), [({"open": 7}, Open(7)), ({"close": LARGEST}, Close(LARGEST)), ({"sweep": True}, Sweep())]
)
def test_a_number_or_a_sweep_is_asked_for(event: dict[str, Any], wanted: object) -> None:
    assert asked(event) == wanted


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"open": 0},
        {"open": -7},
        {"open": "7"},
        {"open": True},
        {"open": 7.0},
        {"open": LARGEST + 1},
        {"open": "../kube-system"},
        {"close": "shop-prod"},
        {"close": [7]},
        {"close": None},
        {"sweep": False},
        {"sweep": 1, "close": 7},
        {"open": 7, "close": 7},
        {"open": 7, "namespace": "kube-system"},
        {"delete": 7},
    ],
)
def test_nothing_else_is_understood(event: dict[str, Any], told: Settings, cluster: Any, registry: Registry) -> None:
    with pytest.raises(Refused):
        answer(event, told, edges(cluster, registry))
    assert cluster[0].asked == []


def test_opening_makes_the_namespace_its_rules_and_the_right_to_it(
    told: Settings, cluster: Any, registry: Registry
) -> None:
    fake, _ = cluster
    fake.queued.append((404, {"message": "not found"}))
    assert answer({"open": 7}, told, edges(cluster, registry)) == {"namespace": "shop-pr-7"}
    made = {each.body["kind"]: each.body for each in fake.asked if each.method == "PATCH"}
    assert set(made) == {"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "RoleBinding"}
    metadata = made["Namespace"]["metadata"]
    assert metadata["name"] == "shop-pr-7"
    assert metadata["labels"]["shipline.dev/preview"] == "shop"
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    assert metadata["annotations"] == {"shipline.dev/expires": "2026-05-07T12:00:00Z"}
    assert made["RoleBinding"]["metadata"] == {"name": "shipline", "namespace": "shop-pr-7"}
    assert made["RoleBinding"]["roleRef"]["name"] == "edit"
    assert [each["name"] for each in made["RoleBinding"]["subjects"]] == ["shipline:previews:shop"]
    places = {each.path.split("/namespaces/")[1].split("/")[0].split("?")[0] for each in fake.asked}
    assert places == {"shop-pr-7"}


@pytest.mark.parametrize("labels", [{}, {"shipline.dev/preview": "other"}, {"shipline.dev/service": "shop"}])
@pytest.mark.parametrize("verb", ["open", "close"])
def test_a_namespace_that_somebody_else_made_is_left_alone(
    verb: str, labels: dict[str, str], told: Settings, cluster: Any, registry: Registry
) -> None:
    fake, _ = cluster
    fake.default = (200, {"metadata": {"name": "shop-pr-7", "uid": "u", "labels": labels}})
    with pytest.raises(Refused, match="shop-pr-7"):
        answer({verb: 7}, told, edges(cluster, registry))
    assert methods(fake) == ["GET"]
    assert registry.deleted == []


def test_one_that_is_going_is_waited_for(told: Settings, cluster: Any, registry: Registry) -> None:
    fake, _ = cluster
    fake.queued += [(200, namespace("shop-pr-7", deletionTimestamp=at(NOW))), (404, {})]
    answer({"open": 7}, told, edges(cluster, registry))
    assert methods(fake)[:3] == ["GET", "GET", "PATCH"]


def test_closing_deletes_what_was_read_and_the_images_of_its_builds_alone(
    told: Settings, cluster: Any, registry: Registry
) -> None:
    fake, _ = cluster
    fake.queued.append((200, namespace("shop-pr-7")))
    assert answer({"close": 7}, told, edges(cluster, registry)) == {"closed": [7]}
    assert [(each.method, each.path) for each in fake.asked] == [
        ("GET", "/api/v1/namespaces/shop-pr-7"),
        ("DELETE", "/api/v1/namespaces/shop-pr-7"),
    ]
    assert fake.asked[1].body["preconditions"] == {"uid": "uid-of-shop-pr-7", "resourceVersion": "5"}
    assert registry.deleted == ["pr-7-aaaa-src-1", "pr-7-bbbb-src-2"]


def test_closing_what_was_never_opened_deletes_its_images_if_there_are_any(
    told: Settings, cluster: Any, registry: Registry
) -> None:
    fake, _ = cluster
    fake.default = (404, {})
    assert answer({"close": 7}, told, edges(cluster, registry)) == {"closed": [7]}
    assert methods(fake) == ["GET"]
    assert len(registry.deleted) == 2


def test_a_sweep_reads_all_pages_and_closes_what_has_expired(told: Settings, cluster: Any, registry: Registry) -> None:
    fake, _ = cluster
    expires = "shipline.dev/expires"
    first = [
        namespace("shop-pr-1", annotations={expires: at(NOW)}),
        namespace("shop-pr-2", annotations={expires: at(NOW + timedelta(seconds=1))}),
        namespace("shop-pr-3", annotations={expires: "soon"}, creationTimestamp=at(NOW - timedelta(days=4))),
        namespace("shop-pr-4", creationTimestamp=at(NOW - timedelta(days=2))),
    ]
    second = [
        namespace("shop-pr-7", annotations={expires: at(NOW - timedelta(days=9))}),
        namespace("shop-prod", annotations={expires: at(NOW - timedelta(days=9))}),
        namespace("shop-pr-0", annotations={expires: at(NOW - timedelta(days=9))}),
        namespace("shop-pr-7x", annotations={expires: at(NOW - timedelta(days=9))}),
    ]
    fake.queued += [(200, {"items": first, "metadata": {"continue": "more&x"}}), (200, {"items": second})]
    for number in (1, 3, 7):
        fake.queued += [(200, namespace(f"shop-pr-{number}")), (200, {})]
    assert answer({"sweep": True}, told, edges(cluster, registry)) == {"closed": [1, 3, 7]}
    assert "labelSelector=shipline.dev%2Fpreview%3Dshop" in fake.asked[0].path
    assert "continue=more%26x" in fake.asked[1].path
    deleted = [each.path.rpartition("/")[2] for each in fake.asked if each.method == "DELETE"]
    assert deleted == ["shop-pr-1", "shop-pr-3", "shop-pr-7"]


def test_a_preview_that_is_opened_again_while_a_sweep_goes_on_stays(
    told: Settings, cluster: Any, registry: Registry
) -> None:
    fake, _ = cluster
    old, new = (
        namespace("shop-pr-7", annotations={"shipline.dev/expires": at(NOW + timedelta(days=days))}) for days in (-1, 1)
    )
    fake.queued += [(200, {"items": [old]}), (200, new)]
    assert answer({"sweep": True}, told, edges(cluster, registry)) == {"closed": []}
    assert methods(fake) == ["GET", "GET"]
    assert registry.deleted == []


def test_a_sweep_goes_on_after_one_that_fails_and_fails_then(told: Settings, cluster: Any, registry: Registry) -> None:
    fake, _ = cluster
    old = at(NOW - timedelta(days=9))
    both = [namespace(f"shop-pr-{number}", annotations={"shipline.dev/expires": old}) for number in (1, 2)]
    fake.queued += [(200, {"items": both}), (422, {"message": "broken"}), (200, both[1]), (200, {})]
    with pytest.raises(Refused, match="not closed: 1: namespace shop-pr-1: 422 broken"):
        answer({"sweep": True}, told, edges(cluster, registry))
    assert methods(fake) == ["GET", "GET", "GET", "DELETE"]


def test_posts_are_signed_as_botocore_signs_them() -> None:
    url, body = "https://api.ecr.eu-west-1.amazonaws.com/", b'{"repositoryName": "shop/previews/web"}'
    more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{images.API}.ListImages"}
    theirs = AWSRequest("POST", url, data=body, headers=more)
    SigV4Auth(BotocoreCredentials("AKIA", "secret/+key", "token=="), "ecr", "eu-west-1").add_auth(theirs)
    then = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = Signer(Credentials("AKIA", "secret/+key", "token=="), "eu-west-1", "ecr", then).headers(url, body, more)
    assert ours["authorization"] == theirs.headers["Authorization"]


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [(400, "AccessDeniedException", NotYet), (500, "", NotYet), (400, "RepositoryNotFoundException", Refused)],
)
def test_a_right_that_is_not_in_force_yet_is_waited_for_and_other_refusals_are_not(
    cloudformation: Any, status: int, said: str, kind: type[Exception]
) -> None:
    cloudformation.queued.append((status, {"__type": said}))
    account = Account("eu-west-1", Credentials("AKIA", "secret", "token"), cloudformation.url)
    with pytest.raises(kind, match=str(status)):
        images.ecr(account, "ListImages", {"repositoryName": "shop/previews/web"})
    assert cloudformation.asked[0].headers["X-Amz-Target"].endswith(".ListImages")
