"""The real CDK CLI against the machine's AWS, without its node: thirty types, deployed, changed, broken, destroyed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.settings import CHECKOUT, Home

APP = Path(__file__).parent / "aws_app"


class Cloud:
    """A server of this test's own, which can be killed and started again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {**os.environ, "SHIPLINE_HOME": str(root)}
        self.home = Home.open(self.environ)
        addresses = self.home.addresses
        self.environ |= {
            "AWS_ENDPOINT_URL": self.home.endpoint_url,
            "AWS_ACCESS_KEY_ID": addresses.access_key,
            "AWS_SECRET_ACCESS_KEY": addresses.secret_key,
            "AWS_REGION": self.home.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "PATH": f"{Path(sys.executable).parent}:{self.home.tools / 'bin'}:{os.environ['PATH']}",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.machine.aws_server"],
            cwd=CHECKOUT,
            env=self.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == "ready\n"

    def stop(self, signum: int = signal.SIGTERM) -> None:
        assert self.process
        assert self.process.stdout
        self.process.send_signal(signum)
        self.process.wait(30)
        self.process.stdout.close()

    def client(self, service: str) -> Any:
        addresses = self.home.addresses
        return boto3.client(
            service,
            endpoint_url=self.home.endpoint_url,
            region_name=self.home.region,
            aws_access_key_id=addresses.access_key,
            aws_secret_access_key=addresses.secret_key,
        )

    def cdk(self, *argv: str) -> str:
        done = subprocess.run(
            ["cdk", *argv], cwd=APP, env=self.environ, text=True, capture_output=True, timeout=240, check=False
        )
        said = done.stdout + done.stderr
        return said if done.returncode == 0 else f"FAILED\n{said}"

    def deploy(self, *argv: str) -> str:
        said = self.cdk("deploy", "--all", "--require-approval", "never", "--output", str(self.root / "cdk.out"), *argv)
        return " ".join(said.split())  # as one line: the CLI wraps reasons

    def status(self, stack: str) -> str:
        return str(self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Bootstrapped, with both stacks deployed."""
    made = Cloud(tmp_path_factory.mktemp("aws"))
    made.start()
    try:
        assert "bootstrapped" in made.cdk("bootstrap", "aws://123456789012/us-east-1")
        said = made.deploy()
        assert "FAILED" not in said, said
        yield made
    finally:
        made.stop()


def test_the_services_own_apis_show_what_the_stacks_made(cloud: Cloud) -> None:
    assert cloud.client("eks").describe_cluster(name="shop")["cluster"]["endpoint"] == cloud.home.kube_url
    entries = cloud.client("eks").list_access_entries(clusterName="shop")["accessEntries"]
    role = next(entry for entry in entries if "Deployer" in entry)
    policies = cloud.client("eks").list_associated_access_policies(clusterName="shop", principalArn=role)
    assert policies["associatedAccessPolicies"][0]["accessScope"] == {"type": "namespace", "namespaces": ["shop-dev"]}
    table = cloud.client("dynamodb").describe_table(TableName="ledger")["Table"]
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    secret = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId="shop/api-token")["SecretString"])
    assert (secret["user"], len(secret["password"])) == ("shop", 24)
    pipeline = cloud.client("codepipeline").get_pipeline(name="shop")["pipeline"]
    assert [stage["name"] for stage in pipeline["stages"]] == ["Source", "Build"]
    assert cloud.client("codebuild").batch_get_projects(names=["shop-build"])["projects"]
    assert cloud.client("codecommit").get_repository(repositoryName="shop")["repositoryMetadata"]["cloneUrlHttp"]
    function = cloud.client("lambda").get_function(FunctionName="shop-deploy-dev")["Configuration"]
    assert (function["Timeout"], function["MemorySize"], len(function["Layers"])) == (900, 1024, 1)
    repository = cloud.client("ecr").describe_repositories()["repositories"]
    assert {each["imageTagMutability"] for each in repository if "images" in each["repositoryName"]} == {"IMMUTABLE"}
    assert len(cloud.client("ec2").describe_nat_gateways()["NatGateways"]) == 1


def test_a_function_made_the_custom_resource_and_its_answer_is_an_output(cloud: Cloud) -> None:
    outputs = cloud.client("cloudformation").describe_stacks(StackName="Delivery")["Stacks"][0]["Outputs"]
    said = {each["OutputKey"]: each["OutputValue"] for each in outputs}
    assert said["Asked"] == "Create first '3'"
    assert said["Images"].startswith("123456789012.dkr.ecr.us-east-1.amazonaws.com/base-images")


def test_a_second_deployment_finds_no_changes(cloud: Cloud) -> None:
    assert cloud.deploy().count("(no changes)") == 2


def plan(cloud: Cloud, assembly: Path) -> str:
    argv = [sys.executable, "-m", "cli.main", "plan", "--assembly", str(assembly)]
    done = subprocess.run(
        argv, cwd=CHECKOUT, env=cloud.environ, text=True, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plan_finds_what_a_deployment_would_change_and_nothing_else(cloud: Cloud) -> None:
    assert plan(cloud, cloud.root / "cdk.out").splitlines() == [
        "Deploying Base, Delivery to 123456789012 in us-east-1:",
        "nothing changes",
    ]
    other = cloud.root / "other.out"
    cloud.cdk("synth", "--quiet", "--output", str(other), "-c", "word=second")
    told = plan(cloud, other)
    assert "Value: first → second" in told
    assert "with wider rights" not in told


def test_a_kill_forgets_nothing(cloud: Cloud) -> None:
    secret = cloud.client("secretsmanager").get_secret_value(SecretId="shop/api-token")["SecretString"]
    cloud.client("ssm").put_parameter(Name="/just/now", Value="kept", Type="String")
    time.sleep(0.3)
    cloud.stop(signal.SIGKILL)
    cloud.start()
    assert cloud.client("ssm").get_parameter(Name="/just/now")["Parameter"]["Value"] == "kept"
    assert cloud.client("secretsmanager").get_secret_value(SecretId="shop/api-token")["SecretString"] == secret
    assert cloud.deploy().count("(no changes)") == 2


def test_wrong_properties_fail_the_stack_by_name_and_leave_it_as_it_was(cloud: Cloud) -> None:
    said = cloud.deploy("-c", "wrong=1")
    assert "AWS::AppRunner::Service Wrong" in said
    assert "extraneous key [Nonsense] is not permitted" in said
    assert "required key [SourceConfiguration] not found" in said
    assert cloud.status("Base") == "UPDATE_ROLLBACK_COMPLETE"


def test_a_type_that_aws_does_not_have_fails_by_name(cloud: Cloud) -> None:
    assert "Unrecognized resource types: [AWS::Nothing::Here]" in cloud.deploy("-c", "unknown=1")


def test_a_resource_that_fails_takes_the_others_changes_back(cloud: Cloud) -> None:
    said = cloud.deploy("-c", "broken=1", "-c", "word=third")
    assert "Topic does not exist" in said
    assert cloud.status("Base") == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.client("ssm").get_parameter(Name="/shop/word")["Parameter"]["Value"] == "first"
    aliases = {each["AliasName"] for each in cloud.client("kms").list_aliases()["Aliases"]}
    assert aliases & {"alias/first", "alias/third"} == {"alias/first"}


def test_a_change_reaches_its_dependents_and_the_custom_resource(cloud: Cloud) -> None:
    said = cloud.deploy("-c", "word=second")
    assert "FAILED" not in said, said
    assert "Delivery.Asked = Update second '3'" in said
    assert cloud.client("ssm").get_parameter(Name="/shop/word")["Parameter"]["Value"] == "second"


def test_a_failing_custom_resource_fails_its_stack_with_its_reason(cloud: Cloud) -> None:
    assert "no such namespace" in cloud.deploy("-c", "word=second", "-c", "answer=FAILED")
    assert cloud.status("Delivery") == "UPDATE_ROLLBACK_COMPLETE"


def asking_template(timeout: int, **code: Any) -> str:
    """A stack of one custom resource, whose function may log and read clusters."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["eks:DescribeCluster"], "Resource": "*"}
    return json.dumps(
        {
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {
                        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                        "Policies": [
                            {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [rights]}}
                        ],
                    },
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "FunctionName": "asked",
                        "Runtime": "python3.11",
                        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                        "Timeout": timeout,
                        **code,
                    },
                },
                "Made": {
                    "Type": "Custom::Namespaces",
                    "Properties": {
                        "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
                        "ClusterName": "shop",
                        "Service": "shop",
                        "Namespaces": [{"Name": "shop-dev", "Environment": "dev"}],
                    },
                },
            }
        }
    )


def reason(cloud: Cloud, template: str) -> str:
    """Why the custom resource of a new stack was not made."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="Asking", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    deadline = time.monotonic() + 90
    while cloud.status("Asking") != "ROLLBACK_COMPLETE":
        assert time.monotonic() < deadline, cloud.status("Asking")
        time.sleep(0.5)
    events = cloudformation.describe_stack_events(StackName="Asking")["StackEvents"]
    cloudformation.delete_stack(StackName="Asking")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="Asking", WaiterConfig={"Delay": 1})
    return next(
        str(each["ResourceStatusReason"])
        for each in events
        if each["LogicalResourceId"] == "Made" and each["ResourceStatus"] == "CREATE_FAILED"
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import nowhere\n", "Runtime.ImportModuleError: Unable to import module 'index': No module named 'nowhere'"),
        ("import os\ndef handle(event, context):\n    os._exit(3)\n", "Runtime.ExitError: .* exit status 3"),
        ("import time\ndef handle(event, context):\n    time.sleep(60)\n", "Sandbox.Timedout: .* after 1.00 seconds"),
    ],
)
def test_a_custom_resource_whose_function_dies_fails_soon_with_its_error(cloud: Cloud, code: str, error: str) -> None:
    said = reason(cloud, asking_template(1, Handler="index.handle", Code={"ZipFile": code}))
    assert re.search(f"function failed without an answer: {error}", said), said


def test_without_a_node_the_namespaces_function_says_who_does_not_answer(cloud: Cloud) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted((CHECKOUT / "lambdas" / "namespaces").glob("*.py")):
            archive.writestr(f"namespaces/{path.name}", path.read_text())
    cloud.client("s3").create_bucket(Bucket="functions")
    cloud.client("s3").put_object(Bucket="functions", Key="namespaces.zip", Body=buffer.getvalue())
    code = {"S3Bucket": "functions", "S3Key": "namespaces.zip"}
    # It keeps 45 seconds for its answer: so it tries for five.
    said = reason(cloud, asking_template(50, Handler="namespaces.handler.handle", Code=code))
    assert "Received response status [FAILED]" in said
    assert f"NotYet: {cloud.home.kube_url} does not answer" in said


def test_what_is_not_here_answers_an_error_that_says_so(cloud: Cloud) -> None:
    for service, operation, said in (
        ("codeconnections", "list_connections", "ListConnections of codeconnections"),
        ("eks", "describe_addon_versions", "of eks"),
        ("route53", "list_cidr_collections", "of route53"),
        ("ec2", "describe_fast_launch_images", "DescribeFastLaunchImages of ec2"),
    ):
        with pytest.raises(ClientError, match=f"the local AWS does not have the operation .*{said}") as refused:
            getattr(cloud.client(service), operation)()
        assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_destroying_leaves_nothing_behind(cloud: Cloud) -> None:
    assert "FAILED" not in cloud.cdk("destroy", "--all", "--force", "--app", str(cloud.root / "cdk.out"))
    assert cloud.client("eks").list_clusters()["clusters"] == []
    assert cloud.client("codepipeline").list_pipelines()["pipelines"] == []
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
    vpcs = [vpc for vpc in cloud.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    assert vpcs == []
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
