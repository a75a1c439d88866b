"""What tools and walkers say of every template."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks

CFN_LINT = Path(sys.executable).parent / "cfn-lint"


def statements(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every statement of every identity policy."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy":
                yield from properties["PolicyDocument"]["Statement"]
            case "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group":
                for policy in properties.get("Policies", []):
                    yield from policy["PolicyDocument"]["Statement"]


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


def test_cfn_lint_has_neither_errors_nor_warnings(synthesized: Any) -> None:
    templates = [str(path) for path in synthesized.folder.glob("*.template.json")]
    done = subprocess.run([CFN_LINT, *templates], capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_identity_policies_name_every_action_in_full(synthesized: Any) -> None:
    for stack in ("cluster", "delivery"):
        found = list(statements(synthesized.template(stack)))
        assert found
        for statement in found:
            assert "NotAction" not in statement
            assert "NotResource" not in statement
            assert [action for action in actions(statement) if "*" in action] == []


def test_every_resource_that_is_anything_stands_with_actions_that_know_no_resources(synthesized: Any) -> None:
    known = {
        "ecr:GetAuthorizationToken",
        "codepipeline:GetJobDetails",
        "codepipeline:PutJobFailureResult",
        "codepipeline:PutJobSuccessResult",
    }
    for stack in ("cluster", "delivery"):
        for statement in statements(synthesized.template(stack)):
            if statement["Resource"] == "*":
                assert set(actions(statement)) <= known


def test_resource_policies_of_buckets_refuse_plain_http(synthesized: Any) -> None:
    policies = synthesized.of_type("AWS::S3::BucketPolicy")
    assert len(policies) == len(synthesized.of_type("AWS::S3::Bucket")) == 2
    for policy in policies.values():
        denied = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [s["Condition"] for s in denied]


@pytest.mark.parametrize("source", ["codecommit", "github"])
def test_cdk_nag_has_no_finding_without_a_reason(
    source: str, synthesize_again: Callable[..., Any], github_service: Path
) -> None:
    made = synthesize_again(github_service, nag=True) if source == "github" else synthesize_again(nag=True)
    report = json.loads((made.folder / "validation-report.json").read_text())
    assert [item["violations"] for item in report["pluginReports"] if item["violations"]] == []


def test_cdk_nag_is_awake(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    role = iam.Role(Stack(app, "Careless"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["*"]))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "IAM5" in (tmp_path / "validation-report.json").read_text()


def test_the_same_definition_gives_the_same_templates(sample: Any, synthesize_again: Callable[..., Any]) -> None:
    again = synthesize_again()
    assert [path.name for path in sample.files] == [path.name for path in again.files]
    assert [path.read_text() for path in sample.files] == [path.read_text() for path in again.files]


def test_a_service_that_is_elsewhere_gives_the_same_templates(
    sample: Any, synthesize_again: Callable[..., Any], moved_checkout: Path
) -> None:
    elsewhere = synthesize_again(moved_checkout)
    assert [path.read_text() for path in sample.files] == [path.read_text() for path in elsewhere.files]


def test_templates_hold_nothing_of_this_machine(synthesized: Any) -> None:
    places = (str(Path(__file__).resolve().parents[3]), str(Path.home()), "/tmp/", sys.prefix)
    for path in synthesized.files:
        text = path.read_text()
        assert [place for place in places if place in text] == []
