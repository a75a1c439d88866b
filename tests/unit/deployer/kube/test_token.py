import base64
import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from deployer.errors import Fatal
from deployer.kube.token import AwsKeys, EksToken, presign, sts_host

KEYS = AwsKeys("AKIDEXAMPLE", "secret/with+signs", "session/token+with=signs")


def url_of(token):
    encoded = token.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


@pytest.mark.parametrize("session", ["", KEYS.session_token])
def test_the_signature_is_the_one_that_botocore_makes_at_the_same_instant(session, monkeypatch):
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    keys = AwsKeys(KEYS.access_key, KEYS.secret_key, session)
    ours = parse_qs(urlsplit(url_of(presign(keys, "eu-west-1", "shop", now))).query)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: now.replace(tzinfo=None))
    request = AWSRequest(
        "GET",
        "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        headers={"x-k8s-aws-id": "shop"},
    )
    credentials = Credentials(keys.access_key, keys.secret_key, session or None)
    SigV4QueryAuth(credentials, "sts", "eu-west-1", expires=60).add_auth(request)
    theirs = parse_qs(urlsplit(request.url).query)
    assert ours == theirs


def test_each_parameter_is_there_once_and_sorted():
    query = urlsplit(url_of(presign(KEYS, "us-east-1", "shop", dt.datetime.now(dt.UTC)))).query
    names = [part.partition("=")[0] for part in query.split("&")]
    assert names[:-1] == sorted(set(names[:-1]))
    assert names[-1] == "X-Amz-Signature"


def test_the_endpoint_is_regional():
    assert sts_host("eu-west-1") == "sts.eu-west-1.amazonaws.com"
    assert sts_host("cn-north-1") == "sts.cn-north-1.amazonaws.com.cn"


def test_a_token_is_kept_and_renewed_on_demand_with_the_keys_of_that_moment():
    keys = iter([AwsKeys("A", "s"), AwsKeys("B", "s")])
    bearer = EksToken(lambda: next(keys), "us-east-1", "shop")
    assert bearer() == bearer()
    assert "Credential=B%2F" in url_of(bearer(renew=True))


class Clocks:
    """A wall clock that can be set, and one that only goes on."""

    def __init__(self):
        self.now, self.elapsed = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 0.0

    def bearer(self):
        return EksToken(lambda: KEYS, "eu-west-1", "shop", clock=lambda: self.now, elapsed=lambda: self.elapsed)

    def after(self, minutes):
        self.now += dt.timedelta(minutes=minutes)
        self.elapsed += 60 * minutes


def date_of(token):
    return parse_qs(urlsplit(url_of(token)).query)["X-Amz-Date"][0]


def test_a_token_is_minted_again_after_ten_minutes():
    clocks = Clocks()
    bearer = clocks.bearer()
    first = bearer()
    clocks.after(9.9)
    assert bearer() == first
    clocks.after(0.2)
    assert date_of(bearer()) == "20260101T001006Z"


@pytest.mark.parametrize("wall", [-30, 30])
def test_a_clock_that_is_set_or_stands_still_makes_a_token_no_younger(wall):
    clocks = Clocks()
    bearer = clocks.bearer()
    first = bearer()
    clocks.now += dt.timedelta(minutes=wall)
    assert bearer() != first
    second = bearer()
    clocks.elapsed += 601  # the wall clock was set back meanwhile
    clocks.now += dt.timedelta(seconds=1)
    assert bearer() != second


def test_after_a_refusal_tokens_are_dated_by_the_clusters_clock():
    clocks = Clocks()
    bearer = clocks.bearer()
    assert date_of(bearer()) == "20260101T000000Z"
    bearer.server_date("thu, 01 jan 2026 00:10:00 gmt")
    assert date_of(bearer(renew=True)) == "20260101T001000Z"
    bearer.server_date("no date")
    assert date_of(bearer(renew=True)) == "20260101T001000Z"
    bearer.server_date("Thu, 01 Jan 2026 00:00:20 GMT")  # no more than an answer takes
    assert date_of(bearer(renew=True)) == "20260101T000000Z"


def test_a_token_that_eks_would_refuse_is_not_sent():
    bearer = EksToken(lambda: AwsKeys("A", "s", "t" * 5000), "us-east-1", "shop")
    with pytest.raises(Fatal, match="over 4096") as refused:
        bearer()
    assert "session tags" in refused.value.remedy
    assert "ttt" not in str(refused.value)


def test_every_secret_that_makes_a_token_is_told_before_it_is_used():
    told = []
    keys = AwsKeys("AKID", "secret-key", "session-token")
    token = EksToken(lambda: keys, "us-east-1", "shop", told=told.extend)()
    assert told == ["secret-key", "session-token", token]
