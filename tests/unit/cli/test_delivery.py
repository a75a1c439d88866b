"""CDK's output, made short: what is going on, and what failed."""

import io

import pytest
from botocore.exceptions import ClientError

from cli.console import Console
from cli.delivery import CdkProgress, bring_up_with, failures, stack_status
from cli.errors import CommandError
from tests.unit.cli.fakes import Screen

FAILED = (
    "shop-cluster | 8:27:00 AM | CREATE_FAILED           | AWS::EC2::EIP    | Network/EIP (NetworkEIP) "
    'Resource handler returned message: "no such address" (HandlerErrorCode: InvalidRequest)'
)


def test_progress_is_the_resource_that_is_being_made():
    with Console(io.StringIO()).step("deploy") as step:
        progress = CdkProgress(step)
        progress.line("CDKToolkit |  0/15 | 8:23:19 AM | CREATE_IN_PROGRESS   | AWS::ECR::Repository  | Repository\n")
        assert step._detail == "CDKToolkit: AWS::ECR::Repository Repository"
        progress.line("✨  Synthesis time: 3.2s\n")
        assert step._detail == "✨  Synthesis time: 3.2s"
        progress.line("\n")
        assert step._detail == "✨  Synthesis time: 3.2s"


def test_failure_is_told_by_the_failed_resources_each_once():
    as_it_happened = FAILED.replace("| 8:27", "| 3/46 | 8:27")
    assert failures(["synthesized", as_it_happened, "DELETE_COMPLETE of much", FAILED]) == [" ".join(FAILED.split())]


def test_failure_without_a_failed_resource_is_told_by_the_last_lines():
    assert failures([f"line {i}" for i in range(50)])[-1] == "line 49"


class CloudFormation:
    def __init__(self, code: str | None = None) -> None:
        self.code = code

    def describe_stacks(self, **_: str) -> dict[str, object]:
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}


def test_stack_that_is_not_there_has_no_status():
    assert stack_status(CloudFormation(), "CDKToolkit") == "CREATE_COMPLETE"
    assert stack_status(CloudFormation("ValidationError"), "CDKToolkit") is None


def test_failed_reading_is_not_absence():
    with pytest.raises(ClientError):
        stack_status(CloudFormation("AccessDenied"), "CDKToolkit")


def test_service_on_github_cannot_be_delivered_here(tmp_path):
    (tmp_path / "pipeline.yaml").write_text(
        "name: shop\nenvironments: [dev]\nsource:\n  github: acme/shop\n"
        "  connection: arn:aws:codeconnections:us-east-1:123456789012:connection/"
        "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\n"
    )
    (tmp_path / "app/web").mkdir(parents=True)
    (tmp_path / "app/web/Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/web.yaml").write_text("kind: Service\n")
    with pytest.raises(CommandError, match="source: codecommit"):
        bring_up_with(Screen().world, tmp_path)
