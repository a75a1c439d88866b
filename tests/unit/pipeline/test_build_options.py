"""What a definition chooses of the build: what its tests have to cover, which secrets it gets, where it runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import InvalidDefinition, explain, load

GOOD = "name: store\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
Synthesize = Callable[..., Any]
Service = Callable[[str], Path]


def project(made: Any) -> dict[str, Any]:
    (found,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "store-build"]
    return dict(found)


def variables(made: Any) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in project(made)["Environment"]["EnvironmentVariables"]}


def test_coverage_is_asked_for_and_reported(synthesize_again: Synthesize, service: Service) -> None:
    text = "test: {command: pytest, coverage: {lines: 80, branches: 70, report: out/coverage.xml}}\n"
    folder = service(GOOD + text)
    made = synthesize_again(folder, nag=True)
    asked = json.loads(variables(made)["SHIPLINE_COVERAGE"])
    assert asked == {"lines": 80, "branches": 70, "report": "out/coverage.xml"}
    buildspec = yaml.safe_load(project(made)["Source"]["BuildSpec"])
    assert buildspec["reports"]["coverage"] == {
        "files": ["coverage.xml"], "base-directory": ".shipline/coverage", "file-format": "COBERTURAXML",
    }  # fmt: skip
    assert buildspec["reports"]["unit"]["file-format"] == "JUNITXML"
    told = "tests: pytest; they have to run 80 % of the lines and 70 % of the branches (out/coverage.xml)"
    assert told in explain(load(folder))


def test_a_buildspec_of_the_services_own_stays_as_it_is(synthesize_again: Synthesize, service: Service) -> None:
    folder = service(GOOD + "test: {command: pytest, coverage: {lines: 80}}\nbuild: {buildspec: b.yaml}\n")
    (folder / "b.yaml").write_text('version: 0.2  # aws s3 cp "$SHIPLINE_TOOLS" tools.zip\n')
    assert project(synthesize_again(folder))["Source"]["BuildSpec"] == "b.yaml"


SECRETS = """\
images:
  web:
    context: app/web
    secrets:
      npm: shop/npm:token
      pip: {reference: "ssm:/shop/pip", key: "arn:aws:kms:us-east-1:123456789012:key/0123"}
      git: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:git-AbCdEf"
"""


def mounting(folder: Path, *names: str) -> Path:
    lines = [f"RUN --mount=type=secret,id={name} true\n" for name in names]
    (folder / "app/web/Dockerfile").write_text("FROM scratch\n" + "".join(lines))
    return folder


def test_a_build_may_read_its_secrets_and_no_others(synthesize_again: Synthesize, service: Service) -> None:
    folder = mounting(service(GOOD + SECRETS), "npm", "pip", "git")
    made = synthesize_again(folder, nag=True)
    images = json.loads(
        "".join(part for part in variables(made)["SHIPLINE_IMAGES"]["Fn::Join"][1] if isinstance(part, str))
    )
    assert images["web"]["secrets"] == {
        "npm": "shop/npm:token", "pip": "ssm:/shop/pip",
        "git": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:git-AbCdEf",
    }  # fmt: skip
    (role,) = [key for key in made.of_type("AWS::IAM::Role") if key.startswith("BuildRole")]
    found = {item["Action"]: item for item in made.statements_of(role) if isinstance(item["Action"], str)}
    here = '{"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, '
    assert json.dumps(found["ssm:GetParameter"]["Resource"]).endswith(f'":ssm:", {here}":parameter/shop/pip"]]}}')
    named, by_name = found["secretsmanager:GetSecretValue"]["Resource"]
    assert named == "arn:aws:secretsmanager:eu-west-1:123456789012:secret:git-AbCdEf"
    assert json.dumps(by_name).endswith(f'":secretsmanager:", {here}":secret:shop/npm-??????"]]}}')
    key = found["kms:Decrypt"]
    assert key["Resource"] == "arn:aws:kms:us-east-1:123456789012:key/0123"
    assert '"ssm.us-east-1.' in json.dumps(key["Condition"]["StringEquals"]["kms:ViaService"])
    readers = [item for item in made.resources.values() if "GetSecretValue" in json.dumps(item)
               and "shop/npm" in json.dumps(item)]  # fmt: skip
    assert len(readers) == 1
    assert "  its build may see: ssm:/shop/pip, as the secret pip" in explain(load(folder))


def test_a_buildspec_that_would_not_look_at_the_coverage_is_refused(service: Service) -> None:
    text = GOOD + SECRETS + "test: {command: pytest, coverage: {lines: 80}}\nbuild: {buildspec: b.yaml}\n"
    folder = mounting(service(text), "npm", "pip", "git")
    (folder / "b.yaml").write_text("version: 0.2\n")
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    found = [(problem.line, problem.wrong.partition(" does")[0]) for problem in caught.value.problems]
    assert sorted(found) == [(8, "b.yaml"), (11, "b.yaml")]
    assert all("begin with the toolkit's buildspec/build.yaml" in problem.remedy for problem in caught.value.problems)


def test_a_secret_that_no_dockerfile_mounts_is_refused(service: Service) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(mounting(service(GOOD + SECRETS), "npm", "git"))
    (problem,) = caught.value.problems
    assert (problem.line, problem.wrong) == (9, "app/web/Dockerfile does not mount the secret pip")
    assert "RUN --mount=type=secret,id=pip" in problem.remedy


VPC = """\
build:
  compute: 2xlarge
  timeout: 1h
  queue_timeout: 20m
  vpc: {id: vpc-0123456789abcdef0, subnets: [subnet-01234567, subnet-89abcdef], security_groups: [sg-01234567]}
"""


def test_builds_run_in_the_subnets_that_are_named(synthesize_again: Synthesize, service: Service) -> None:
    folder = service(GOOD + VPC)
    made = synthesize_again(folder, nag=True)
    found = project(made)
    assert found["VpcConfig"] == {
        "VpcId": "vpc-0123456789abcdef0", "Subnets": ["subnet-01234567", "subnet-89abcdef"],
        "SecurityGroupIds": ["sg-01234567"],
    }  # fmt: skip
    assert (found["TimeoutInMinutes"], found["QueuedTimeoutInMinutes"]) == (60, 20)
    assert found["Environment"]["ComputeType"] == "BUILD_GENERAL1_2XLARGE"
    told = (
        "the buildspec that comes along, at most 1h, after 20m in the queue at most, in the VPC vpc-0123456789abcdef0"
    )
    assert f"build: {told}" in explain(load(folder))


def test_a_build_in_a_vpc_may_make_interfaces_in_its_subnets_alone(
    synthesize_again: Synthesize, service: Service
) -> None:
    made = synthesize_again(service(GOOD + VPC))
    (role,) = [key for key in made.of_type("AWS::IAM::Role") if key.startswith("BuildRole")]
    found = {json.dumps(item["Action"]): item for item in made.statements_of(role)}
    resources = json.dumps(found['"ec2:CreateNetworkInterface"']["Resource"])
    for name in (
        "network-interface/*",
        "subnet/subnet-01234567",
        "subnet/subnet-89abcdef",
        "security-group/sg-01234567",
    ):
        assert f':{name}"' in resources
    permission = found['"ec2:CreateNetworkInterfacePermission"']["Condition"]
    assert permission["StringEquals"] == {"ec2:AuthorizedService": "codebuild.amazonaws.com"}
    assert len(permission["ArnEquals"]["ec2:Subnet"]) == 2
    others = [key for key in made.of_type("AWS::IAM::Role") if key != role]
    assert not any("ec2:CreateNetworkInterface" in json.dumps(made.statements_of(other)) for other in others)


def test_who_asks_for_nothing_gets_what_was_there_before(anywhere: Any, toolkit_buildspec: str) -> None:
    (found,) = [each for each in anywhere.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "tiny-build"]
    assert found["Source"]["BuildSpec"] == toolkit_buildspec
    assert {each["Name"] for each in found["Environment"]["EnvironmentVariables"]} == {
        "SHIPLINE_SERVICE", "SHIPLINE_IMAGES", "SHIPLINE_TEST", "SHIPLINE_REPORTS", "SHIPLINE_TOOLS",
        "SHIPLINE_DELIVERY", "SHIPLINE_SOURCE_REPOSITORY",
    }  # fmt: skip
    assert found.keys() & {"VpcConfig", "QueuedTimeoutInMinutes"} == set()
