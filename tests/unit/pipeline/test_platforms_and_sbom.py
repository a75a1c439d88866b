"""Images for other processors, and bills of materials: what the stacks make of them, and what cannot work."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import InvalidDefinition, explain, load
from pipeline.config.platforms import normal
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

Service = Callable[[str], Path]
START = "name: store\nsource: codecommit\nenvironments: [dev]\n"
BOTH = f"""{START}
sbom: true
scan: high
build: {{cache: true}}
images: {{web: {{context: app/web, platforms: [arm64, amd64]}}}}
"""
ARM = """\
name: store
source:
  github: acme/store
  connection: arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef
  pull_requests: {}
environments: [dev]
images: {web: {context: app/web, platforms: [arm64]}}
build: {compute: xlarge}
cluster: {nodes: {type: m7g.large}}
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("both"), BOTH)
    return synthesize(folder, tmp_path_factory.mktemp("made"), account=ACCOUNT, nag=True)


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("arm"), ARM)
    return synthesize(folder, tmp_path_factory.mktemp("made"), account=ACCOUNT, nag=True)


def projects(made: Any) -> dict[str, dict[str, Any]]:
    return {each["Name"]: each for each in made.of_type("AWS::CodeBuild::Project").values()}


def told(project: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in project["Environment"]["EnvironmentVariables"]}


def text(value: dict[str, Any]) -> str:
    return "".join(part if isinstance(part, str) else "X" for part in value["Fn::Join"][1])


def test_the_build_is_told_of_platforms_and_sboms(both: Any) -> None:
    variables = told(projects(both)["store-build"])
    assert json.loads(text(variables["SHIPLINE_IMAGES"]))["web"]["platforms"] == ["amd64", "arm64"]
    assert variables["SHIPLINE_SBOM"] == "1"
    assert projects(both)["store-build"]["Environment"]["Type"] == "LINUX_CONTAINER"


def test_kept_layers_have_the_only_tags_that_move(both: Any, anywhere: Any) -> None:
    (repository,) = both.of_type("AWS::ECR::Repository").values()
    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert repository["ImageTagMutabilityExclusionFilters"] == [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "cache-*"}
    ]
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert [rule["rulePriority"] for rule in rules] == [1, 2, 3]
    assert rules[1]["selection"] == {
        "tagStatus": "tagged", "tagPrefixList": ["cache-"], "countType": "sinceImagePushed", "countNumber": 30,
        "countUnit": "days",
    }  # fmt: skip
    assert told(projects(both)["store-build"])["SHIPLINE_BUILD_CACHE"] == "1"
    (plain,) = anywhere.of_type("AWS::ECR::Repository").values()
    assert plain["ImageTagMutability"] == "IMMUTABLE"
    assert "ImageTagMutabilityExclusionFilters" not in plain


def test_the_deployer_asks_for_sboms_and_for_the_scans_of_what_an_index_holds(both: Any) -> None:
    (function,) = [each for each in both.of_type("AWS::Lambda::Function").values()
                   if each.get("FunctionName") == "store-deploy-dev"]  # fmt: skip
    target = json.loads(text(function["Environment"]["Variables"]["SHIPLINE_TARGET"]))
    assert (target["sbom"], target["scan"]["indexes"]) == (True, ["web"])
    (role,) = [key for key in both.of_type("AWS::IAM::Role") if key.startswith("devDeployerRole")]
    actions = [set(each["Action"]) for each in both.statements_of(role)]
    assert {"ecr:DescribeImages", "ecr:DescribeImageScanFindings", "ecr:BatchGetImage"} in actions


def test_images_for_arm64_alone_are_built_on_arm_machines(arm: Any) -> None:
    for name in ("store-build", "store-pull-requests"):
        environment = projects(arm)[name]["Environment"]
        assert environment["Type"] == "ARM_CONTAINER"
        assert environment["Image"] == "aws/codebuild/amazonlinux-aarch64-standard:3.0"
        assert environment["ComputeType"] == "BUILD_GENERAL1_XLARGE"
    (nodes,) = arm.of_type("AWS::EKS::Nodegroup").values()
    assert nodes["AmiType"] == "AL2023_ARM_64_STANDARD"


def test_what_is_not_asked_for_is_in_no_template(anywhere: Any) -> None:
    variables = told(projects(anywhere)["tiny-build"])
    assert "platforms" not in json.dumps(variables["SHIPLINE_IMAGES"])
    assert "SHIPLINE_SBOM" not in variables
    assert "sbom" not in json.dumps(anywhere.of_type("AWS::Lambda::Function"))


def test_what_is_written_otherwise_is_the_same_image() -> None:
    assert normal(("arm64", "amd64")) == normal(("amd64", "arm64"))


def test_explain_says_what_builds_where(service: Service) -> None:
    said = explain(load(service(BOTH)))
    assert "  for amd64 and arm64, built on x86 machines, which emulate arm64" in said
    assert "SBOM: CycloneDX, of each image, in each release; no deployer takes a release without it" in said
    assert "  for arm64, built on Arm machines" in explain(load(service(ARM)))


IMAGE = "images: {web: {context: app/web, platforms: [%s]}}\n"
NODES = "cluster: {nodes: {%s}}\n"
FREE, TAINTED = "{type: m7g.large}", "{type: m7g.large, taints: [{key: arch}]}"
REFUSED = {
    "arm64 on amd64 nodes": (IMAGE % "arm64", "4:45: images.web.platforms", "all of them are amd64"),
    "arm64 on amd64 groups": (
        IMAGE % "arm64" + NODES % "a: {}, b: {type: c7i.large}", "4:45: images.web.platforms", "all of them are amd64",
    ),
    "amd64 by default on arm64": (
        NODES % "type: m7g.large", "4:25: cluster.nodes.type", "or build each image for arm64",
    ),
    "twice": (IMAGE % "amd64, amd64", "4:53: images.web.platforms[1]", "`amd64` is there twice"),
    "none": (IMAGE % "", "4:45: images.web.platforms", "platforms"),
    "another": (IMAGE % "riscv64", "4:46: images.web.platforms[0]", "riscv64"),
    "every group that fits keeps pods away": (
        IMAGE % "arm64" + NODES % f"a: {{}}, b: {TAINTED}", "5:18: cluster.nodes", "each arm64 group may be empty",
    ),
    "an untainted group for one image of two": (
        "images: {web: {context: app/web, platforms: [amd64, arm64]}, api: app/web}\n" + NODES % f"a: {{}}, b: {FREE}",
        "5:", "pods of images that are built for amd64 would be put on m7g.large",
    ),
    "a buildspec without the tools": (
        "sbom: true\n" + IMAGE % "amd64, arm64" + "build: {buildspec: b.yaml, cache: true}\n",
        "4:7: sbom", "build.cache: b.yaml does not run Shipline's tools",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("added", "where", "wrong"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_work_is_refused(service: Service, added: str, where: str, wrong: str) -> None:
    folder = service(START + added)
    (folder / "b.yaml").write_text("version: 0.2\n")
    with pytest.raises(InvalidDefinition) as refused:
        load(folder)
    said = str(refused.value)
    assert wrong in said
    assert f"pipeline.yaml:{where}" in said


@pytest.mark.parametrize(
    "added",
    [
        IMAGE % "arm64" + NODES % "type: m7g.large",
        IMAGE % "amd64, arm64" + NODES % "type: m7g.large",
        IMAGE % "amd64, arm64" + NODES % f"a: {{}}, b: {FREE}",
        IMAGE % "arm64" + NODES % f"a: {{}}, b: {FREE}",
        IMAGE % "arm64" + "cluster: {compute: auto}\n",
        IMAGE % "arm64" + "cluster: {existing: theirs}\n",
        "images: {web: {context: app/web, platforms: [arm64]}, api: app/web}\n" + NODES % f"a: {{}}, b: {TAINTED}",
    ],
)
def test_what_has_nodes_for_it_is_taken(service: Service, added: str) -> None:
    assert load(service(START + added)).images
