import base64
import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

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


def test_a_token_that_eks_would_refuse_is_not_sent():
    bearer = EksToken(lambda: AwsKeys("A", "s", "t" * 5000), "us-east-1", "shop")
    with pytest.raises(ValueError, match="over 4096"):
        bearer()
