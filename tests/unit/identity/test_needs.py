"""From the requests that boto3 really sends to what IAM asks for."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config

from local.identity.needs import Place, needs
from local.identity.operations import read
from local.identity.request import WireRequest
from local.identity.signature import claim_of

PLACE = Place("123456789012", "us-east-1")
JOB = "00000000-0000-0000-0000-000000000000"


class Sent(Exception):
    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


def asked(service: str, operation: str, **arguments: Any) -> list[tuple[str, str]]:
    """The needs of the request that boto3 makes of a call; nothing is sent."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="AKIA",
        aws_secret_access_key="secret",
        config=Config(inject_host_prefix=False),
    )

    def stop(request: AWSPreparedRequest, **_: Any) -> None:
        raise Sent(request)

    client.meta.events.register("before-send", stop)
    with pytest.raises(Sent) as raised:
        getattr(client, operation)(**arguments)
    request = wire(raised.value.request)
    claim = claim_of(request)
    assert claim is not None
    found = read(request, claim.service)
    assert found is not None, "no operation"
    return needs(found, PLACE)


def wire(sent: AWSPreparedRequest) -> WireRequest:
    url = urlsplit(sent.url)
    body = sent.body.encode() if isinstance(sent.body, str) else (sent.body or b"")
    body = body if isinstance(body, bytes | bytearray) else body.read()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": sent.method,
        "RAW_URI": url.path + (f"?{url.query}" if url.query else ""),
        "QUERY_STRING": url.query,
        "wsgi.input": BytesIO(body),
    }
    for name, value in sent.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode() if isinstance(value, bytes) else value
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(body))
    return WireRequest(environ)


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:us-east-1:123456789012:{rest}"


ROLE = "arn:aws:iam::123456789012:role/r"
BUCKET = "arn:aws:s3:::bucket"
BATCH = {"RequestItems": {"t": {"Keys": [{"a": {"S": "1"}}]}}}
PUT = {"TableName": "t", "Item": {"a": {"S": "1"}}}
UPDATE = {"TableName": "u", "Key": {"a": {"S": "1"}}, "UpdateExpression": "SET b = :b"}
PARTS = {"Parts": [{"ETag": "e", "PartNumber": 1}]}

TABLE: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    ("s3", "list_buckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "head_bucket", {"Bucket": "bucket"}, [("s3:ListBucket", BUCKET)]),
    ("s3", "get_bucket_location", {"Bucket": "bucket"}, [("s3:GetBucketLocation", BUCKET)]),
    ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a/"}, [("s3:ListBucket", BUCKET)]),
    ("s3", "list_objects", {"Bucket": "bucket"}, [("s3:ListBucket", BUCKET)]),
    ("s3", "get_bucket_encryption", {"Bucket": "bucket"}, [("s3:GetEncryptionConfiguration", BUCKET)]),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "a b/ü+c"}, [("s3:GetObject", f"{BUCKET}/a b/ü+c")]),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "k/"}, [("s3:GetObject", f"{BUCKET}/k/")]),
    ("s3", "get_object", {"Bucket": "bucket", "Key": "k", "VersionId": "v"}, [("s3:GetObjectVersion", f"{BUCKET}/k")]),
    ("s3", "head_object", {"Bucket": "bucket", "Key": "k"}, [("s3:GetObject", f"{BUCKET}/k")]),
    ("s3", "put_object", {"Bucket": "bucket", "Key": "k", "Body": b"x"}, [("s3:PutObject", f"{BUCKET}/k")]),
    ("s3", "delete_object", {"Bucket": "bucket", "Key": "k"}, [("s3:DeleteObject", f"{BUCKET}/k")]),
    (
        "s3",
        "delete_objects",
        {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b/c"}]}},
        [("s3:DeleteObject", f"{BUCKET}/a"), ("s3:DeleteObject", f"{BUCKET}/b/c")],
    ),
    (
        "s3",
        "copy_object",
        {"Bucket": "bucket", "Key": "k", "CopySource": {"Bucket": "other", "Key": "s t"}},
        [("s3:PutObject", f"{BUCKET}/k"), ("s3:GetObject", "arn:aws:s3:::other/s t")],
    ),
    ("s3", "create_multipart_upload", {"Bucket": "bucket", "Key": "k"}, [("s3:PutObject", f"{BUCKET}/k")]),
    (
        "s3",
        "upload_part",
        {"Bucket": "bucket", "Key": "k", "PartNumber": 1, "UploadId": "u", "Body": b"x"},
        [("s3:PutObject", f"{BUCKET}/k")],
    ),
    (
        "s3",
        "complete_multipart_upload",
        {"Bucket": "bucket", "Key": "k", "UploadId": "u", "MultipartUpload": PARTS},
        [("s3:PutObject", f"{BUCKET}/k")],
    ),
    (
        "s3",
        "abort_multipart_upload",
        {"Bucket": "bucket", "Key": "k", "UploadId": "u"},
        [("s3:AbortMultipartUpload", f"{BUCKET}/k")],
    ),
    ("dynamodb", "put_item", PUT, [("dynamodb:PutItem", arn("dynamodb", "table/t"))]),
    (
        "dynamodb",
        "query",
        {"TableName": "t", "IndexName": "by-name"},
        [("dynamodb:Query", arn("dynamodb", "table/t/index/by-name"))],
    ),
    (
        "dynamodb",
        "get_item",
        {"TableName": arn("dynamodb", "table/t"), "Key": {"a": {"S": "1"}}},
        [("dynamodb:GetItem", arn("dynamodb", "table/t"))],
    ),
    ("dynamodb", "batch_get_item", BATCH, [("dynamodb:BatchGetItem", arn("dynamodb", "table/t"))]),
    (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": PUT}, {"Update": UPDATE}]},
        [("dynamodb:PutItem", arn("dynamodb", "table/t")), ("dynamodb:UpdateItem", arn("dynamodb", "table/u"))],
    ),
    ("ecr", "get_authorization_token", {}, [("ecr:GetAuthorizationToken", "*")]),
    (
        "ecr",
        "describe_images",
        {"repositoryName": "shop/web"},
        [("ecr:DescribeImages", arn("ecr", "repository/shop/web"))],
    ),
    (
        "ecr",
        "batch_get_image",
        {"repositoryName": "rr", "imageIds": [{"imageTag": "t"}]},
        [("ecr:BatchGetImage", arn("ecr", "repository/rr"))],
    ),
    ("eks", "describe_cluster", {"name": "c"}, [("eks:DescribeCluster", arn("eks", "cluster/c"))]),
    ("eks", "list_nodegroups", {"clusterName": "c"}, [("eks:ListNodegroups", arn("eks", "cluster/c"))]),
    (
        "eks",
        "describe_nodegroup",
        {"clusterName": "c", "nodegroupName": "n"},
        [("eks:DescribeNodegroup", arn("eks", "nodegroup/c/n/*"))],
    ),
    (
        "eks",
        "describe_access_entry",
        {"clusterName": "c", "principalArn": ROLE},
        [("eks:DescribeAccessEntry", arn("eks", "access-entry/c/role/123456789012/r/*"))],
    ),
    (
        "eks",
        "create_access_entry",
        {"clusterName": "c", "principalArn": ROLE},
        [("eks:CreateAccessEntry", arn("eks", "cluster/c"))],
    ),
    (
        "codepipeline",
        "start_pipeline_execution",
        {"name": "p"},
        [("codepipeline:StartPipelineExecution", arn("codepipeline", "p"))],
    ),
    (
        "codepipeline",
        "get_pipeline_state",
        {"name": "p"},
        [("codepipeline:GetPipelineState", arn("codepipeline", "p"))],
    ),
    ("codepipeline", "list_pipelines", {}, [("codepipeline:ListPipelines", "*")]),
    (
        "codepipeline",
        "retry_stage_execution",
        {"pipelineName": "p", "stageName": "s", "pipelineExecutionId": JOB, "retryMode": "FAILED_ACTIONS"},
        [("codepipeline:RetryStageExecution", arn("codepipeline", "p/s"))],
    ),
    (
        "codepipeline",
        "put_approval_result",
        {
            "pipelineName": "p",
            "stageName": "s",
            "actionName": "a",
            "token": JOB,
            "result": {"summary": "", "status": "Approved"},
        },
        [("codepipeline:PutApprovalResult", arn("codepipeline", "p/s/a"))],
    ),
    ("codepipeline", "put_job_success_result", {"jobId": JOB}, [("codepipeline:PutJobSuccessResult", "*")]),
    (
        "codepipeline",
        "put_job_failure_result",
        {"jobId": JOB, "failureDetails": {"type": "JobFailed", "message": "m"}},
        [("codepipeline:PutJobFailureResult", "*")],
    ),
    ("codepipeline", "get_job_details", {"jobId": JOB}, [("codepipeline:GetJobDetails", "*")]),
    ("codebuild", "start_build", {"projectName": "p"}, [("codebuild:StartBuild", arn("codebuild", "project/p"))]),
    (
        "codebuild",
        "batch_get_builds",
        {"ids": ["p:1", arn("codebuild", "build/q:2")]},
        [
            ("codebuild:BatchGetBuilds", arn("codebuild", "project/p")),
            ("codebuild:BatchGetBuilds", arn("codebuild", "project/q")),
        ],
    ),
    ("codebuild", "stop_build", {"id": "p:1"}, [("codebuild:StopBuild", arn("codebuild", "project/p"))]),
    (
        "codebuild",
        "batch_get_projects",
        {"names": ["p", "q"]},
        [
            ("codebuild:BatchGetProjects", arn("codebuild", "project/p")),
            ("codebuild:BatchGetProjects", arn("codebuild", "project/q")),
        ],
    ),
    (
        "codecommit",
        "get_branch",
        {"repositoryName": "r", "branchName": "main"},
        [("codecommit:GetBranch", arn("codecommit", "r"))],
    ),
    ("lambda", "invoke", {"FunctionName": "f"}, [("lambda:InvokeFunction", arn("lambda", "function:f"))]),
    (
        "lambda",
        "invoke",
        {"FunctionName": arn("lambda", "function:f"), "Qualifier": "1"},
        [("lambda:InvokeFunction", arn("lambda", "function:f:1"))],
    ),
    (
        "lambda",
        "get_function_configuration",
        {"FunctionName": "f"},
        [("lambda:GetFunctionConfiguration", arn("lambda", "function:f"))],
    ),
    ("lambda", "list_functions", {}, [("lambda:ListFunctions", "*")]),
    (
        "lambda",
        "create_function",
        {"FunctionName": "f", "Role": ROLE, "Code": {"ZipFile": b"x"}},
        [("lambda:CreateFunction", arn("lambda", "function:f")), ("iam:PassRole", ROLE)],
    ),
    (
        "logs",
        "create_log_group",
        {"logGroupName": "/aws/g"},
        [("logs:CreateLogGroup", arn("logs", "log-group:/aws/g:log-stream:"))],
    ),
    (
        "logs",
        "create_log_stream",
        {"logGroupName": "g", "logStreamName": "s"},
        [("logs:CreateLogStream", arn("logs", "log-group:g:log-stream:s"))],
    ),
    (
        "logs",
        "put_log_events",
        {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]},
        [("logs:PutLogEvents", arn("logs", "log-group:g:log-stream:s"))],
    ),
    ("kms", "encrypt", {"KeyId": arn("kms", "key/1"), "Plaintext": b"x"}, [("kms:Encrypt", arn("kms", "key/1"))]),
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": arn("secretsmanager", "secret:s-abcdef")},
        [("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:s-abcdef"))],
    ),
    ("ssm", "get_parameter", {"Name": "/cdk/version"}, [("ssm:GetParameter", arn("ssm", "parameter/cdk/version"))]),
    (
        "ssm",
        "get_parameters",
        {"Names": ["a", "/b"]},
        [("ssm:GetParameters", arn("ssm", "parameter/a")), ("ssm:GetParameters", arn("ssm", "parameter/b"))],
    ),
    (
        "cloudformation",
        "describe_stacks",
        {"StackName": "s"},
        [("cloudformation:DescribeStacks", arn("cloudformation", "stack/s/*"))],
    ),
    (
        "cloudformation",
        "create_change_set",
        {"StackName": "s", "ChangeSetName": "c", "RoleARN": ROLE},
        [("cloudformation:CreateChangeSet", arn("cloudformation", "stack/s/*")), ("iam:PassRole", ROLE)],
    ),
    ("iam", "get_role", {"RoleName": "r"}, [("iam:GetRole", ROLE)]),
    ("sts", "assume_role", {"RoleArn": ROLE, "RoleSessionName": "xy"}, [("sts:AssumeRole", ROLE)]),
    ("events", "put_rule", {"Name": "r"}, [("events:PutRule", arn("events", "rule/r"))]),
    (
        "events",
        "put_targets",
        {"Rule": "r", "Targets": [{"Id": "1", "Arn": arn("codepipeline", "p"), "RoleArn": ROLE}]},
        [("events:PutTargets", arn("events", "rule/r")), ("iam:PassRole", ROLE)],
    ),
    (
        "events",
        "put_events",
        {"Entries": [{"Source": "s"}]},
        [("events:PutEvents", arn("events", "event-bus/default"))],
    ),
    ("ec2", "describe_vpcs", {}, [("ec2:DescribeVpcs", "*")]),
    (
        "cloudwatch",
        "put_metric_data",
        {"Namespace": "n", "MetricData": [{"MetricName": "m"}]},
        [("cloudwatch:PutMetricData", "*")],
    ),
    (
        "codeconnections",
        "get_connection",
        {"ConnectionArn": arn("codeconnections", "connection/1")},
        [("codeconnections:GetConnection", arn("codeconnections", "connection/1"))],
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "expected"), TABLE, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_a_call_needs(
    service: str, operation: str, arguments: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert asked(service, operation, **arguments) == expected


def test_s3_bodies_stay_unread() -> None:
    class Untouched(BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the upload's body was read")

    environ = {
        "REQUEST_METHOD": "PUT",
        "RAW_URI": "/bucket/k",
        "CONTENT_LENGTH": "5",
        "wsgi.input": Untouched(b"bytes"),
    }
    found = read(WireRequest(environ), "s3")
    assert found is not None
    assert needs(found, PLACE) == [("s3:PutObject", f"{BUCKET}/k")]


def test_a_path_that_no_service_has_is_no_operation() -> None:
    assert read(WireRequest({"REQUEST_METHOD": "GET", "RAW_URI": "/nothing/here"}), "eks") is None
