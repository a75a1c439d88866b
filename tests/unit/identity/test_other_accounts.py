"""Roles of other accounts: who may take them, and with which ExternalId."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.context import Credentials
from tests.support.gated_moto import GatedMoto, gated_moto

HOME, THERE = "123456789012", "111122223333"
DEPLOYER = f"arn:aws:iam::{HOME}:role/shop-deploy-prod-prod-eu"
ROLE = f"arn:aws:iam::{THERE}:role/shop-target-prod-prod-eu"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedMoto]:
    with gated_moto(tmp_path_factory.mktemp("home")) as running:
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"},
            "Condition": {
                "ArnEquals": {"aws:PrincipalArn": DEPLOYER},
                "StringEquals": {"sts:ExternalId": "shop/prod/prod-eu"},
            },
        }
        make(running, THERE, ROLE, trust, "eks:DescribeCluster", f"arn:aws:eks:eu-central-1:{THERE}:cluster/prod-eu")
        function = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        make(running, HOME, DEPLOYER, function, "sts:AssumeRole", ROLE)
        make(running, HOME, DEPLOYER.replace("prod-eu", "other"), function, "sts:AssumeRole", ROLE)
        make(running, HOME, DEPLOYER.replace("deploy", "idle"), function, "sts:GetCallerIdentity", "*")
        yield running


def make(aws: GatedMoto, account: str, arn: str, trust: dict[str, Any], action: str, resource: str) -> None:
    iam = aws.authority.owner_session(account).client("iam")
    name = arn.rpartition("/")[2]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    may = {"Effect": "Allow", "Action": action, "Resource": resource}
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=document(may))


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def take(aws: GatedMoto, caller: str, **more: str) -> Credentials:
    credentials = aws.authority.assume_as_service(caller, "lambda.amazonaws.com", "run")
    sts = aws.client("sts", credentials)
    found = sts.assume_role(RoleArn=ROLE, RoleSessionName="run", **more)["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def test_the_deployers_role_is_taken_with_its_external_id(aws: GatedMoto) -> None:
    credentials = take(aws, DEPLOYER, ExternalId="shop/prod/prod-eu")
    told = aws.client("sts", credentials).get_caller_identity()
    assert (told["Account"], told["Arn"]) == (
        THERE,
        f"arn:aws:sts::{THERE}:assumed-role/shop-target-prod-prod-eu/run",
    )


@pytest.mark.parametrize("said", [{}, {"ExternalId": "shop/prod/prod-us"}])
def test_another_external_id_or_none_is_refused(aws: GatedMoto, said: dict[str, str]) -> None:
    with pytest.raises(ClientError, match=r"AccessDenied.*not authorized to perform: sts:AssumeRole"):
        take(aws, DEPLOYER, **said)


def test_another_role_of_the_trusted_account_is_refused(aws: GatedMoto) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        take(aws, DEPLOYER.replace("prod-eu", "other"), ExternalId="shop/prod/prod-eu")


def test_a_role_takes_none_of_another_account_unless_its_own_policy_says_so(aws: GatedMoto) -> None:
    direct = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": DEPLOYER.replace("deploy", "idle")}}
    iam = aws.authority.owner_session(THERE).client("iam")
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=document(direct))
    caller = DEPLOYER.replace("deploy", "idle")
    credentials = aws.authority.assume_as_service(caller, "lambda.amazonaws.com", "run")
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
        aws.client("sts", credentials).assume_role(RoleArn=f"arn:aws:iam::{THERE}:role/open", RoleSessionName="run")


def test_the_role_may_do_in_its_own_account_what_its_policy_says(aws: GatedMoto) -> None:
    credentials = take(aws, DEPLOYER, ExternalId="shop/prod/prod-eu")
    eks = aws.authority.session(credentials, "eu-central-1").client("eks")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        eks.describe_cluster(name="prod-eu")
    with pytest.raises(ClientError, match="AccessDenied"):
        eks.describe_cluster(name="another")


def test_each_account_has_an_owner_of_its_own(aws: GatedMoto) -> None:
    there, here = (aws.authority.owner_session(account) for account in (THERE, None))
    there.client("s3").create_bucket(Bucket="theirs")
    assert [each["Name"] for each in there.client("s3").list_buckets()["Buckets"]] == ["theirs"]
    assert here.client("s3").list_buckets()["Buckets"] == []
    wrong = aws.authority.session(Credentials(aws.home.owner_keys(THERE)[0], "guessed", ""))
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        wrong.client("sts").get_caller_identity()
