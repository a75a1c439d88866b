"""TokenReview in, TokenReview out."""

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest

from local.access.entry import AccessEntry
from local.access.review import TokenReviews
from local.identity import Authority
from tests.support.eks_token import ROLE, owner, session, token
from tests.support.gated_moto import make_home

USERNAME = "arn:aws:sts::123456789012:assumed-role/deploy/{{SessionName}}"
ENTRY = AccessEntry("shop", ROLE, USERNAME, ("team",))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(make_home(tmp_path_factory.mktemp("home")))


class Cluster:
    """What the reviews ask for, and what they told."""

    def __init__(self, authority: Authority, *entries: AccessEntry) -> None:
        self.entries = list(entries)
        self.settled: list[Sequence[AccessEntry]] = []
        self.reviews = TokenReviews(authority, lambda: ["shop"], lambda: self.entries, self.settled.append)

    def review(self, text: str) -> dict[str, Any]:
        body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": text}})
        statuses: list[str] = []
        environ = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body.encode())}
        answer = b"".join(self.reviews(environ, lambda status, _: statuses.append(status)))
        assert statuses == ["200 OK"]
        read: dict[str, Any] = json.loads(answer)
        assert (read["apiVersion"], read["kind"]) == ("authentication.k8s.io/v1", "TokenReview")
        status: dict[str, Any] = read["status"]
        return status


def test_an_entry_gives_a_name_and_groups_that_do_not_depend_on_the_session(authority: Authority) -> None:
    cluster = Cluster(authority, ENTRY)
    status = cluster.review(token(session(authority)))
    assert status["authenticated"] is True
    assert status["user"]["username"] == "arn:aws:sts::123456789012:assumed-role/deploy/run"
    assert status["user"]["groups"] == ["team", ENTRY.group]
    assert status["user"]["extra"]["canonicalArn"] == [ROLE]
    assert cluster.settled == [[ENTRY]], "the entry's policies are in force before the answer"


def test_a_role_without_an_entry_is_known_by_name_and_in_no_group(authority: Authority) -> None:
    for other in ((), (AccessEntry("shop", ROLE + "2", USERNAME),), (AccessEntry("elsewhere", ROLE, USERNAME),)):
        status = Cluster(authority, *other).review(token(session(authority)))
        assert status["user"]["username"] == "arn:aws:sts::123456789012:assumed-role/deploy/run"
        assert status["user"]["groups"] == []


def test_a_bad_token_is_nobody_and_is_not_repeated(authority: Authority) -> None:
    made = token(session(authority), "elsewhere")
    status = Cluster(authority, ENTRY).review(made)
    assert status["authenticated"] is False
    assert made not in json.dumps(status)


def test_the_owner_needs_an_entry_too(authority: Authority) -> None:
    arn = "arn:aws:iam::123456789012:root"
    entry = AccessEntry("shop", arn, arn)
    for entries, groups in (((), []), ((entry,), [entry.group])):
        user = Cluster(authority, *entries).review(token(owner()))["user"]
        assert (user["username"], user["groups"]) == (arn, groups)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"spec": {}}'])
def test_what_is_no_token_review_is_a_bad_request(authority: Authority, body: bytes) -> None:
    statuses: list[str] = []
    environ = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    b"".join(Cluster(authority).reviews(environ, lambda status, _: statuses.append(status)))
    assert statuses == ["400 Bad Request"]
