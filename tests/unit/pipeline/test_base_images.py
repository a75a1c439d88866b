"""Base images of ECR: what a new one starts, what the build is told of it, and what it may read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.planning.names import Names
from pipeline.config import explain, load
from tests.support.definitions import GOOD, problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service
from tests.unit.pipeline.test_registry import project, statements

BASES = """\
name: store
source:
  codecommit: store
  base_images:
    - {repository: company/python, tag: "3.12"}
    - {repository: company/node, tag: "22", argument: NODE_IMAGE}
environments: [live]
"""
DOCKERFILE = "arg BASE_IMAGE=python:3.12\nARG NODE_IMAGE\nFROM ${BASE_IMAGE}\n"
Service = Callable[[str], Path]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("bases"), BASES, ("live",))
    (folder / "app/web/Dockerfile").write_text(DOCKERFILE)
    return synthesize(folder, tmp_path_factory.mktemp("bases-out"), account=ACCOUNT, nag=True)


def stage(made: Synthesized, name: str) -> list[dict[str, Any]]:
    (pipeline,) = made.of_type("AWS::CodePipeline::Pipeline").values()
    return next(each["Actions"] for each in pipeline["Stages"] if each["Name"] == name)


def told_by_pipeline(made: Synthesized) -> str:
    (build,) = stage(made, "Build")
    return str(build["Configuration"]["EnvironmentVariables"])


def test_each_is_an_action_beside_the_codes_own_that_reads_its_digest(store: Synthesized) -> None:
    code, python, node = stage(store, "Source")
    assert code["ActionTypeId"]["Provider"] == "CodeCommit"
    assert [each["ActionTypeId"]["Provider"] for each in (python, node)] == ["ECR", "ECR"]
    assert python["Configuration"] == {"RepositoryName": "company/python", "ImageTag": "3.12"}
    may = statements(store, "ReleaseBaseBASEIMAGEActionRole")
    assert {action for action in may if not action.startswith("s3:")} == {"ecr:DescribeImages"}
    assert json.dumps(may["ecr:DescribeImages"]).count("repository/company/python") == 1


def test_a_push_of_the_tag_starts_the_pipeline(store: Synthesized) -> None:
    patterns = [each["EventPattern"] for each in store.of_type("AWS::Events::Rule").values()]
    watched = [each["detail"] for each in patterns if each["source"] == ["aws.ecr"]]
    assert {
        "result": ["SUCCESS"],
        "action-type": ["PUSH"],
        "repository-name": ["company/node"],
        "image-tag": ["22"],
    } in watched
    assert len(watched) == 2


def test_the_build_is_told_which_argument_gets_which_digest_and_may_pull_those(store: Synthesized) -> None:
    variables = {each["Name"]: each["Value"] for each in project(store)["Environment"]["EnvironmentVariables"]}
    told = json.dumps(variables["SHIPLINE_BASE_IMAGES"])
    assert told.index("BASE_IMAGE") < told.index("/company/python") < told.index("NODE_IMAGE")
    assert '"value":"#{Base1.ImageDigest} #{Base2.ImageDigest}"' in told_by_pipeline(store)
    may = statements(store, "BuildRole")
    pulled = [json.dumps(each) for each in may["ecr:GetDownloadUrlForLayer"]]
    assert any("repository/company/python" in each and "repository/company/node" in each for each in pulled)
    assert not [each for each in may["ecr:PutImage"] if "company" in json.dumps(each)]


def test_what_the_build_is_told_fits_into_what_codepipeline_takes(store: Synthesized) -> None:
    ten = " ".join(f"#{{Base{number}.ImageDigest}}" for number in range(1, 11))
    assert len(told_by_pipeline(store).replace("#{Base1.ImageDigest} #{Base2.ImageDigest}", ten)) <= 1000


def test_what_a_plan_says_of_them(store: Synthesized) -> None:
    names = Names([store.template("delivery")])
    told = {names.full(key).partition(" (")[0] for key in store.resources if "Base" in key}
    assert told == {
        "the trigger of a base image",
        "the role of the action of a base image",
        "the rights of the action of a base image",
    }


def test_explain_names_them(service: Service) -> None:
    folder = service(BASES.replace("environments: [live]", "environments: [dev]"))
    (folder / "app/web/Dockerfile").write_text(DOCKERFILE)
    assert "  and pushes of company/node:22 to ECR, which Dockerfiles get as NODE_IMAGE" in explain(load(folder))


WRONG = """\
source:
  codecommit: shop
  base_images:
    - {repository: company/python, tag: "3.12"}
    - {repository: company/other, tag: "3", argument: BASE_IMAGE}
    - {repository: company/quay, tag: "3", argument: CACHE_QUAY}
    - {repository: 123456789012.dkr.ecr.us-east-1.amazonaws.com/python, tag: "3", argument: NODE_IMAGE}
images: {web: {context: app/web, args: {BASE_IMAGE: x}}}
registry: {cache: {quay: true}}
build: {buildspec: b.yaml}
"""


def test_what_would_be_given_in_vain_is_refused(service: Service) -> None:
    folder = service(GOOD.replace("source: codecommit\n", WRONG))
    (folder / "app/web/Dockerfile").write_text(f"{DOCKERFILE}ARG CACHE_QUAY\n")
    (folder / "b.yaml").write_text("version: 0.2\n")
    said = [problem.render("") for problem in problems(folder)]
    told = [each.partition("source.base_images")[2] for each in said if "source.base_images" in each]
    tools = "b.yaml does not run Shipline's tools (SHIPLINE_TOOLS), which see to this"
    remedy = "name another argument, or leave the image's out"
    own = f"the image web has an argument BASE_IMAGE of its own, which wins; {remedy}"
    assert sorted(told) == [
        f": {tools}; begin with the toolkit's buildspec/build.yaml, or leave this out",
        f"[0].argument: {own}",
        "[1].argument: `BASE_IMAGE` is there twice; give each base image an argument of its own",
        f"[1].argument: {own}",
        "[2].argument: CACHE_QUAY leads to a cache (registry.cache); name another argument",
        "[3].repository: 123456789012.dkr.ecr.us-east-1.amazonaws.com/python begins with a registry's host; "
        "write the repository's name alone: it is in this account's and region's ECR",
    ]
