"""The gate in front of moto: real clients, real signatures, real refusals."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.context import AccessDenied, Credentials
from tests.support.gated_moto import GatedMoto, gated_moto

ACCOUNT = "123456789012"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/releases"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatedMoto]:
    with gated_moto(tmp_path_factory.mktemp("home")) as running:
        owner = running.owner("s3")
        owner.create_bucket(Bucket="artifacts")
        owner.put_object(Bucket="artifacts", Key="release.zip", Body=b"zip")
        running.owner("dynamodb").create_table(
            TableName="releases",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        running.owner("ecr").create_repository(repositoryName="shop/web")
        yield running


def make_role(aws: GatedMoto, name: str, principal: dict[str, Any], *statements: dict[str, Any]) -> str:
    """The role's ARN; what it may do is one inline policy."""
    iam = aws.owner("iam")
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    give(aws, name, list(statements))
    return str(made["Role"]["Arn"])


def give(aws: GatedMoto, name: str, statements: list[dict[str, Any]]) -> None:
    if not statements:
        return
    document = {"Version": "2012-10-17", "Statement": statements}
    aws.owner("iam").put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps(document))


def allow(action: str | list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def lambda_session(aws: GatedMoto, name: str, *statements: dict[str, Any]) -> Credentials:
    role = make_role(aws, name, {"Service": "lambda.amazonaws.com"}, *statements)
    return aws.authority.assume_as_service(role, "lambda.amazonaws.com", "run")


def code_of(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as raised:
        call()
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_owner_is_the_account_and_may_do_all(aws: GatedMoto) -> None:
    assert aws.owner("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert aws.owner("s3").get_object(Bucket="artifacts", Key="release.zip")["Body"].read() == b"zip"


def test_a_session_is_known_by_its_role_and_name(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "known")
    said = aws.client("sts", credentials).get_caller_identity()
    assert said["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/known/run"
    role_id = aws.owner("iam").get_role(RoleName="known")["Role"]["RoleId"]
    assert said["UserId"] == f"{role_id}:run"


DEPLOYER: dict[str, tuple[dict[str, Any], str, str, dict[str, Any]]] = {
    "artifacts": (
        allow("s3:GetObject", "arn:aws:s3:::artifacts/*"),
        "s3",
        "get_object",
        {"Bucket": "artifacts", "Key": "release.zip"},
    ),
    "ledger": (
        allow("dynamodb:PutItem", TABLE),
        "dynamodb",
        "put_item",
        {"TableName": "releases", "Item": {"pk": {"S": "shop"}}},
    ),
    "images": (
        allow("ecr:DescribeImages", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/shop/web"),
        "ecr",
        "describe_images",
        {"repositoryName": "shop/web"},
    ),
    "logs": (
        allow("logs:CreateLogGroup", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/deploy:*"),
        "logs",
        "create_log_group",
        {"logGroupName": "/aws/lambda/deploy"},
    ),
}


@pytest.mark.parametrize("missing", DEPLOYER)
def test_taking_one_statement_away_fails_that_call_alone(aws: GatedMoto, missing: str) -> None:
    statements = [statement for name, (statement, *_) in DEPLOYER.items() if name != missing]
    credentials = lambda_session(aws, f"without-{missing}", *statements)
    for name, (statement, service, operation, arguments) in DEPLOYER.items():
        call = getattr(aws.client(service, credentials), operation)
        if name != missing:
            call(**arguments)
            continue
        with pytest.raises(ClientError) as raised:
            call(**arguments)
        said = raised.value.response["Error"]
        assert said["Code"] in ("AccessDenied", "AccessDeniedException")
        assert (
            f"assumed-role/without-{missing}/run is not authorized to perform: {statement['Action']}" in said["Message"]
        )
        assert said["Message"].endswith(f"because no identity-based policy allows the {statement['Action']} action")
    if missing == "logs":
        return
    aws.owner("logs").delete_log_group(logGroupName="/aws/lambda/deploy")


def test_a_right_given_later_holds_at_the_next_call(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "later")
    read = lambda: aws.client("s3", credentials).list_objects_v2(Bucket="artifacts")  # noqa: E731
    assert code_of(read) == ("AccessDenied", 403)
    give(aws, "later", [allow("s3:ListBucket", "arn:aws:s3:::artifacts")])
    assert read()["KeyCount"] >= 1


def test_a_managed_policy_and_a_boundary_count(aws: GatedMoto) -> None:
    iam = aws.owner("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*", "*")]})
    everything = iam.create_policy(PolicyName="all-of-s3", PolicyDocument=document)["Policy"]["Arn"]
    narrow = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets", "*")]})
    boundary = iam.create_policy(PolicyName="only-list", PolicyDocument=narrow)["Policy"]["Arn"]
    credentials = lambda_session(aws, "managed")
    iam.attach_role_policy(RoleName="managed", PolicyArn=everything)
    aws.client("s3", credentials).list_objects_v2(Bucket="artifacts")
    iam.put_role_permissions_boundary(RoleName="managed", PermissionsBoundary=boundary)
    aws.client("s3", credentials).list_buckets()
    with pytest.raises(ClientError, match="no permissions boundary allows the s3:ListBucket action"):
        aws.client("s3", credentials).list_objects_v2(Bucket="artifacts")


def test_a_bucket_policy_lets_a_role_in(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "guest")
    role = aws.owner("iam").get_role(RoleName="guest")["Role"]["Arn"]
    statement = allow("s3:GetObject", "arn:aws:s3:::artifacts/*") | {"Principal": {"AWS": role}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.owner("s3").put_bucket_policy(Bucket="artifacts", Policy=document)
    aws.client("s3", credentials).get_object(Bucket="artifacts", Key="release.zip")
    aws.owner("s3").delete_bucket_policy(Bucket="artifacts")
    assert code_of(lambda: aws.client("s3", credentials).get_object(Bucket="artifacts", Key="release.zip"))[0]


@pytest.mark.parametrize(
    ("service", "operation", "codes"),
    [
        ("s3", "list_buckets", ("SignatureDoesNotMatch", "InvalidAccessKeyId")),
        ("iam", "list_roles", ("SignatureDoesNotMatch", "InvalidClientTokenId")),
        ("dynamodb", "list_tables", ("InvalidSignatureException", "UnrecognizedClientException")),
        ("eks", "list_clusters", ("InvalidSignatureException", "UnrecognizedClientException")),
        ("ec2", "describe_vpcs", ("AuthFailure", "AuthFailure")),
    ],
)
def test_forged_keys_are_refused_in_the_words_of_each_protocol(
    aws: GatedMoto, service: str, operation: str, codes: tuple[str, str]
) -> None:
    good = Credentials(aws.home.addresses.access_key, aws.home.addresses.secret_key, "")
    for wrong, code in zip(
        (replace(good, secret_key="no"), replace(good, access_key="AKIA" + "X" * 16)), codes, strict=True
    ):
        assert code_of(getattr(aws.client(service, wrong), operation))[0] == code


def test_an_unsigned_request_is_refused(aws: GatedMoto) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{aws.home.endpoint_url}/artifacts/release.zip")
    assert raised.value.code == 403
    raised.value.close()


def test_presigned_urls_carry_their_makers_rights(aws: GatedMoto) -> None:
    place = {"Bucket": "artifacts", "Key": "release.zip"}
    url = aws.owner("s3").generate_presigned_url("get_object", Params=place)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"zip"
    nobody = aws.client("s3", lambda_session(aws, "presigner")).generate_presigned_url("get_object", Params=place)
    for refused in (nobody, url.replace("release.zip", "other.zip")):
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(refused)
        assert raised.value.code == 403
        raised.value.close()


def test_large_uploads_pass_through(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "uploader", allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::artifacts/*"))
    content = b"0123456789abcdef" * 1024 * 1024
    s3 = aws.client("s3", credentials)
    s3.upload_fileobj(BytesIO(content), "artifacts", "big")
    assert s3.get_object(Bucket="artifacts", Key="big")["Body"].read() == content


def test_a_role_is_assumed_by_its_trust_and_the_callers_own_right(aws: GatedMoto) -> None:
    target = make_role(aws, "target", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, allow("s3:ListAllMyBuckets", "*"))
    assume = lambda sts: sts.assume_role(RoleArn=target, RoleSessionName="step")  # noqa: E731
    caller = lambda_session(aws, "caller")
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole action"):
        assume(aws.client("sts", caller))
    give(aws, "caller", [allow("sts:AssumeRole", target)])
    given = assume(aws.client("sts", caller))["Credentials"]
    taken = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert aws.client("sts", taken).get_caller_identity()["Arn"].endswith("assumed-role/target/step")
    assert aws.client("s3", taken).list_buckets()["Buckets"]
    assert assume(aws.owner("sts"))["AssumedRoleUser"]["Arn"].endswith("assumed-role/target/step")


def test_a_role_that_does_not_trust_the_account_is_not_given_even_to_its_owner(aws: GatedMoto) -> None:
    role = make_role(aws, "lambda-only", {"Service": "lambda.amazonaws.com"})
    for arn in (role, role + "-that-is-not-there"):
        call = lambda arn=arn: aws.owner("sts").assume_role(RoleArn=arn, RoleSessionName="me")  # noqa: E731
        assert code_of(call) == ("AccessDenied", 403)


def test_a_trust_that_names_the_caller_is_enough(aws: GatedMoto) -> None:
    caller = lambda_session(aws, "named")
    arn = aws.owner("iam").get_role(RoleName="named")["Role"]["Arn"]
    target = make_role(aws, "trusts-named", {"AWS": arn})
    aws.client("sts", caller).assume_role(RoleArn=target, RoleSessionName="step")


def test_a_session_policy_narrows_the_session(aws: GatedMoto) -> None:
    target = make_role(aws, "wide", {"AWS": ACCOUNT}, allow("s3:*", "*"))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListAllMyBuckets", "*")]})
    given = aws.owner("sts").assume_role(RoleArn=target, RoleSessionName="small", Policy=policy)["Credentials"]
    taken = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    aws.client("s3", taken).list_buckets()
    with pytest.raises(ClientError, match="no session policy allows"):
        aws.client("s3", taken).list_objects_v2(Bucket="artifacts")


def test_a_service_is_given_only_roles_that_trust_it(aws: GatedMoto) -> None:
    role = make_role(aws, "builds", {"Service": "codebuild.amazonaws.com"})
    aws.authority.assume_as_service(role, "codebuild.amazonaws.com", "build")
    with pytest.raises(AccessDenied, match=r"lambda\.amazonaws\.com is not authorized to perform: sts:AssumeRole"):
        aws.authority.assume_as_service(role, "lambda.amazonaws.com", "run")
    with pytest.raises(AccessDenied, match="there is no such role"):
        aws.authority.assume_as_service(role + "-gone", "codebuild.amazonaws.com", "build")


def test_principal_and_check_answer_other_rooms(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "asked", allow("codebuild:StartBuild", "*"))
    principal = aws.authority.principal(credentials.access_key, credentials.session_token)
    assert principal is not None
    assert principal.role_arn == f"arn:aws:iam::{ACCOUNT}:role/asked"
    aws.authority.check(principal, "codebuild:StartBuild", "anything")
    with pytest.raises(AccessDenied):
        aws.authority.check(principal, "codebuild:StopBuild", "anything")
    assert aws.authority.principal("AKIANOBODY", None) is None


def test_sessions_of_a_deleted_role_may_do_nothing(aws: GatedMoto) -> None:
    credentials = lambda_session(aws, "short-lived", allow("s3:ListAllMyBuckets", "*"))
    aws.client("s3", credentials).list_buckets()
    aws.owner("iam").delete_role_policy(RoleName="short-lived", PolicyName="it")
    aws.owner("iam").delete_role(RoleName="short-lived")
    assert code_of(aws.client("s3", credentials).list_buckets) == ("AccessDenied", 403)


def test_the_process_environment_does_not_reach_a_session(
    aws: GatedMoto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    assert aws.owner("sts").get_caller_identity()["Account"] == ACCOUNT
