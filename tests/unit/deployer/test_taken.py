"""The role that a deployer takes for a target elsewhere, against moto's STS."""

import json

import moto.sts.urls
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from moto.sts.responses import TokenResponse

from deployer import reach
from deployer.compose import Clients
from deployer.errors import Fatal, Unavailable
from deployer.taken import keys_of
from deployer.target import Role, read_target

ROLE = Role("arn:aws:iam::111122223333:role/shop-target-prod-prod-eu", "shop/prod/prod-eu")
TARGET = {
    "service": "shop", "environment": "prod", "namespace": "shop-prod", "ledger": "shop-releases",
    "cluster": {"name": "prod-eu", "region": "eu-central-1"}, "deliveries": [{"kind": "manifests", "path": "m"}],
    "target": "prod-eu", "role": {"arn": ROLE.arn, "externalId": ROLE.external_id},
}  # fmt: skip


@pytest.fixture
def own(monkeypatch):
    """The function's own keys, in the pipeline's region."""
    for name, value in (("ACCESS_KEY_ID", "AKOWN"), ("SECRET_ACCESS_KEY", "SKOWN"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # moto's own STS, whatever a machine of another test has put in its place.
    monkeypatch.setattr(moto.sts.urls, "url_paths", {"{0}/$": TokenResponse.dispatch})
    with mock_aws():
        yield Clients.open()


class Sts:
    """Answers with an error, and keeps what it was asked."""

    def __init__(self, error):
        self.error, self.asked = error, {}

    def assume_role(self, **asked):
        self.asked = asked
        raise self.error


def test_a_target_elsewhere_has_a_role_and_a_name():
    target = read_target(json.dumps(TARGET))
    assert (target.role, target.label) == (ROLE, "prod/prod-eu")
    plain = read_target(json.dumps({key: TARGET[key] for key in TARGET if key not in ("target", "role")}))
    assert (plain.role, plain.label) == (None, "prod")


def test_clients_of_the_target_are_the_roles_and_their_keys_are_known_as_secrets(own):
    told = []
    there = own.taking(ROLE, "shop-deploy-prod-prod-eu", told.extend)
    caller = there.of("sts", "eu-central-1").get_caller_identity()
    assert caller["Arn"] == "arn:aws:sts::111122223333:assumed-role/shop-target-prod-prod-eu/shop-deploy-prod-prod-eu"
    assert told == [there.keys().secret_key, there.keys().session_token]
    assert own.of("sts").get_caller_identity()["Account"] != "111122223333"


def test_a_refusal_names_the_role_its_external_id_and_the_stack_that_makes_it():
    denied = Sts(ClientError({"Error": {"Code": "AccessDenied", "Message": "not authorized"}}, "AssumeRole"))
    with pytest.raises(Fatal) as caught:
        keys_of(denied, ROLE, "run")
    assert denied.asked["ExternalId"] == ROLE.external_id
    assert caught.value.kind == "PermissionError"
    assert all(each in str(caught.value) for each in (ROLE.arn, ROLE.external_id, "AccessDenied", "cdk deploy --all"))


def test_sts_that_does_not_answer_is_tried_again():
    with pytest.raises(Unavailable):
        keys_of(Sts(EndpointConnectionError(endpoint_url="https://sts")), ROLE, "run")


def test_nobody_reaches_out_before_the_role_is_taken():
    environ = {"SHIPLINE_TARGET": json.dumps(TARGET), "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}
    assert reach.reach(environ) is None
