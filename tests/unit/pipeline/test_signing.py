"""What `sign` makes of a delivery stack: a key, who may do what with it, and what build and deployers are told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.errors import Fatal
from deployer.target import Sign, read_target
from pipeline.config import InvalidDefinition, explain, load
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

GOOD = "name: store\nsource: codecommit\nenvironments: [dev, prod]\n"
THREE = "name: store\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
KEY = "arn:aws:kms:eu-west-1:210987654321:key/mrk-0123"
OWN = f"sign: {{key: '{KEY}'}}\n"
GITHUB = """\
name: store
source:
  github: acme/store
  connection: arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef
environments: [dev]
"""
Service = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_service(tmp_path_factory.mktemp("store"), GOOD + "sign: true\n", ("dev", "prod"))
    return synthesize(folder, tmp_path_factory.mktemp("made"), account=ACCOUNT, nag=True)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = write_service(tmp_path_factory.mktemp("store"), GITHUB + OWN, ("dev",))
    return synthesize(folder, tmp_path_factory.mktemp("own"), account=ACCOUNT)


def kms_of(made: Any, prefix: str) -> list[tuple[Any, Any]]:
    """(actions, resources) of what each role whose id begins so may do with keys."""
    roles = [key for key in made.of_type("AWS::IAM::Role") if key.startswith(prefix)]
    assert roles
    found = [item for role in roles for item in made.statements_of(role) if "kms:" in json.dumps(item["Action"])]
    return [(item["Action"], item["Resource"]) for item in found]


def environment(made: Any, name: str) -> dict[str, str]:
    """What the build is told by that variable, with tokens in brackets."""
    (project,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "store-build"]
    (text,) = [each["Value"] for each in project["Environment"]["EnvironmentVariables"] if each["Name"] == name]
    return flat(text)


def flat(text: Any) -> Any:
    parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
    words = [part if isinstance(part, str) else f"<{''.join(map(str, part.values()))}>" for part in parts]
    return json.loads("".join(words))


def signing_keys(made: Any) -> dict[str, Any]:
    """Without the cluster's."""
    return {key: said for key, said in made.of_type("AWS::KMS::Key").items() if "KeyUsage" in said}


def target(made: Any, name: str) -> Any:
    (function,) = [each for each in made.of_type("AWS::Lambda::Function").values() if each.get("FunctionName") == name]
    return flat(function["Environment"]["Variables"]["SHIPLINE_TARGET"])


def test_the_stack_makes_one_key_that_signs_and_outlives_it(made: Any) -> None:
    ((key, said),) = signing_keys(made).items()
    assert (said["KeySpec"], said["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert made.resources[key]["DeletionPolicy"] == "RetainExceptOnCreate"
    (alias,) = made.of_type("AWS::KMS::Alias").values()
    assert alias == {"AliasName": "alias/store-images", "TargetKeyId": {"Fn::GetAtt": [key, "Arn"]}}


def test_the_build_signs_and_deployers_only_verify_with_that_key_alone(made: Any) -> None:
    (key,) = signing_keys(made)
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert kms_of(made, "BuildRole") == [(["kms:Sign", "kms:Verify"], arn)]
    for name in ("dev", "prod"):
        assert kms_of(made, f"{name}Deployer") == [("kms:Verify", arn)]
    (role,) = [each for each in made.of_type("AWS::IAM::Role") if each.startswith("devDeployer")]
    (read,) = [item for item in made.statements_of(role) if "ecr:BatchGetImage" in item["Action"]]
    (repository,) = made.of_type("AWS::ECR::Repository")
    assert read["Resource"] == {"Fn::GetAtt": [repository, "Arn"]}


def test_build_and_deployers_are_told_the_same_of_key_source_and_project(made: Any) -> None:
    told = environment(made, "SHIPLINE_SIGN")
    for name in ("dev", "prod"):
        sign = target(made, f"store-deploy-{name}")["sign"]
        assert {key: sign[key] for key in ("key", "source")} == told
        assert sign["builder"].endswith(":project/store-build")
        assert read_target(json.dumps(target(made, f"store-deploy-{name}"))).sign == Sign(**sign)
    assert told["source"].startswith("git+https://git-codecommit.")
    assert told["source"].endswith("/v1/repos/store")


def test_a_target_without_a_key_is_none(made: Any) -> None:
    told = target(made, "store-deploy-dev")
    with pytest.raises(Fatal, match="is not a target"):
        read_target(json.dumps({**told, "sign": {**told["sign"], "key": ""}}))


def test_signatures_may_move_in_a_repository_where_no_image_may(made: Any) -> None:
    (repository,) = made.of_type("AWS::ECR::Repository").values()
    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    filters = [{"ImageTagMutabilityExclusionFilterType": "WILDCARD",
                "ImageTagMutabilityExclusionFilterValue": "sha256-*.sig"}]  # fmt: skip
    assert repository["ImageTagMutabilityExclusionFilters"] == filters
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rules[-1]["selection"]["countNumber"] == 2000  # a thousand images with their signatures


def test_a_key_of_the_teams_own_is_used_and_none_is_made(own: Any) -> None:
    assert signing_keys(own) == {}
    assert kms_of(own, "BuildRole") == [(["kms:Sign", "kms:Verify"], KEY)]
    assert kms_of(own, "devDeployer") == [("kms:Verify", KEY)]
    assert environment(own, "SHIPLINE_SIGN") == {"key": KEY, "source": "git+https://github.com/acme/store"}


def test_nothing_of_it_is_there_where_nobody_signs(sample: Any) -> None:
    assert "SHIPLINE_SIGN" not in json.dumps(sample.resources)
    assert '"kms:Verify"' not in json.dumps(sample.resources)
    assert {each["ImageTagMutability"] for each in sample.of_type("AWS::ECR::Repository").values()} == {"IMMUTABLE"}


def test_explain_says_who_signs(service: Service) -> None:
    for text, said in (
        ("sign: true\n", "the build signs images and provenance with alias/store-images, and deployers verify both"),
        (OWN, f"the build signs images and provenance with {KEY}, and deployers verify both"),
        ("sign: false\n", "none are made or asked for"),
        ("", "none are made or asked for  (by default)"),
    ):
        assert f"signatures: {said}" in explain(load(service(THREE + text)))


@pytest.mark.parametrize(
    ("buildspec", "wrong"),
    [
        ("version: 0.2\n", "b.yaml does not run Shipline's tools"),
        (
            'version: 0.2  # "$SHIPLINE_TOOLS" build; .shipline/release\n',
            "b.yaml does not run the step `release` of Shipline's tools",
        ),
    ],
)
def test_a_buildspec_that_signs_nothing_is_refused(service: Service, buildspec: str, wrong: str) -> None:
    folder = service(THREE + "sign: true\nbuild: {buildspec: b.yaml}\n")
    (folder / "b.yaml").write_text(buildspec)
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    (problem,) = caught.value.problems
    assert problem.line == 4
    assert problem.wrong.startswith(wrong)


def test_a_buildspec_of_ones_own_that_runs_the_step_is_fine(service: Service) -> None:
    folder = service(THREE + "sign: true\nbuild: {buildspec: b.yaml}\n")
    (folder / "b.yaml").write_text('version: 0.2  # aws s3 cp "$SHIPLINE_TOOLS" t.zip; python3 t.zip release\n')
    assert load(folder).signing is not None
