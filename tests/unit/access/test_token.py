"""EKS tokens: good, expired, foreign, forged."""

from datetime import UTC, datetime, timedelta

import pytest

from local.access.token import PREFIX, BadToken, read_token
from local.context import Credentials
from local.identity import Authority
from tests.support.eks_token import ROLE, owner, session, token
from tests.support.gated_moto import make_home


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(make_home(tmp_path_factory.mktemp("home")))


def test_a_good_token_names_its_role_and_cluster(authority: Authority) -> None:
    bearer = read_token(token(session(authority)), ["other", "shop"], authority)
    assert bearer.cluster == "shop"
    assert bearer.principal.role_arn == ROLE
    assert bearer.principal.arn == "arn:aws:sts::123456789012:assumed-role/deploy/run"


def test_the_owners_token_is_the_accounts(authority: Authority) -> None:
    assert read_token(token(owner()), ["shop"], authority).principal.kind == "root"


def test_a_token_lives_fifteen_minutes_whatever_it_says(authority: Authority) -> None:
    made = token(session(authority), expires=60)
    read_token(made, ["shop"], authority, datetime.now(UTC) + timedelta(minutes=14))
    with pytest.raises(BadToken, match="15 minutes"):
        read_token(made, ["shop"], authority, datetime.now(UTC) + timedelta(minutes=16))


def test_a_token_for_another_cluster_is_refused(authority: Authority) -> None:
    with pytest.raises(BadToken, match="for a cluster of this account"):
        read_token(token(session(authority), "elsewhere"), ["shop"], authority)


def test_a_foreign_key_is_refused(authority: Authority) -> None:
    for foreign in (Credentials("AKIAFOREIGN", "x", ""), Credentials("ASIAFOREIGN", "x", "abc.def")):
        with pytest.raises(BadToken, match="nobody in this account"):
            read_token(token(foreign), ["shop"], authority)


def test_a_session_that_is_over_is_refused(authority: Authority) -> None:
    with pytest.raises(BadToken, match="have expired"):
        read_token(token(session(authority, lifetime=-1)), ["shop"], authority)


def test_a_forged_signature_is_refused(authority: Authority) -> None:
    good = session(authority)
    forged = Credentials(good.access_key, "guessed", good.session_token)
    with pytest.raises(BadToken, match="not signed by its key's owner"):
        read_token(token(forged), ["shop"], authority)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"query": "Action=AssumeRole&Version=2011-06-15"}, "no GetCallerIdentity"),
        ({"query": "Action=GetCallerIdentity&Version=2011-06-15&Extra=1"}, "does not know"),
        ({"service": "s3"}, "not signed for STS"),
        ({"header": "x-other"}, "does not sign x-k8s-aws-id"),
        ({"expires": 901}, "at most 900"),
    ],
)
def test_only_a_presigned_get_caller_identity_is_a_token(
    authority: Authority, more: dict[str, object], message: str
) -> None:
    with pytest.raises(BadToken, match=message):
        read_token(token(session(authority), **more), ["shop"], authority)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["", "k8s-aws-v1.", "k8s-aws-v1.!!", "k8s-aws-v1.AAAA", "k8s-aws-v2.AAAA", PREFIX + "A" * 5000]
)
def test_nonsense_is_refused(authority: Authority, text: str) -> None:
    with pytest.raises(BadToken):
        read_token(text, ["shop"], authority)
