"""buildspec/verify.yaml on a cluster that moto knows, with a kubectl that is a stand-in."""

import io
import zipfile
from typing import Any

import pytest

from local.settings import CHECKOUT
from tests.unit.codebuild.conftest import BUCKET, ROLE, Workbench, phase

SMOKE = """\
import os, subprocess
def test_the_namespace_answers():
    asked = subprocess.run(["kubectl", "get", "pods"], capture_output=True, text=True, check=True)
    assert asked.stdout.split() == ["get", "pods"], os.environ["SHIPLINE_NAMESPACE"]
"""


@pytest.fixture
def verify(bench: Workbench) -> Any:
    vpc: dict[str, Any] = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    bench.client("eks").create_cluster(name="shop", roleArn=ROLE, resourcesVpcConfig=vpc)
    (bench.home.tools / "bin").mkdir(parents=True)
    kubectl = bench.home.tools / "bin" / "kubectl"
    kubectl.write_text('#!/bin/sh\ngrep -q "name: .*:cluster/shop" "$HOME/.kube/config" || exit 5\necho "$@"\n')
    kubectl.chmod(0o755)
    bench.codebuild.create_project(
        name="shop-verify-dev",
        source={"type": "CODEPIPELINE", "buildspec": (CHECKOUT / "buildspec" / "verify.yaml").read_text()},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/standard:7.0",
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": "SHIPLINE_ENVIRONMENT", "value": "dev"},
                {"name": "SHIPLINE_NAMESPACE", "value": "shop-dev"},
                {"name": "SHIPLINE_CLUSTER", "value": "shop"},
            ],
        },
        serviceRole=ROLE,
    )

    def run(files: dict[str, str]) -> dict[str, Any]:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        bench.client("s3").put_object(Bucket=BUCKET, Key="shop/Release/x", Body=buffer.getvalue())
        build = bench.start(
            "shop-verify-dev",
            sourceTypeOverride="CODEPIPELINE",
            sourceLocationOverride=f"arn:aws:s3:::{BUCKET}/shop/Release/x",
            artifactsOverride={"type": "NO_ARTIFACTS"},
        )
        return bench.wait(build, 120)

    return run


def test_the_smoke_test_runs_in_front_of_the_namespace(bench: Workbench, verify: Any) -> None:
    build = verify({"release.json": "{}", "app/smoke_test.py": SMOKE})
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    (report,) = bench.codebuild.batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert report["testSummary"]["statusCounts"]["SUCCEEDED"] == 1


def test_a_failing_smoke_test_says_which_it_was(verify: Any) -> None:
    build = verify({"app/smoke_test.py": "def test_front_page():\n    assert False, 'HTTP 500'\n"})
    assert build["buildStatus"] == "FAILED"
    assert "test_front_page" in phase(build, "BUILD")["contexts"][0]["message"]


def test_an_environment_without_a_smoke_test_is_not_taken_for_a_good_one(verify: Any) -> None:
    build = verify({"release.json": "{}"})
    assert build["buildStatus"] == "FAILED"
    (context,) = phase(build, "PRE_BUILD")["contexts"]
    assert "There is no app/smoke_test.py to verify the environment dev with" in context["message"]
