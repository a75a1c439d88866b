"""What previews of pull requests add to the template, and who may do what: statement by statement."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import InvalidDefinition, load
from pipeline.config.explain import explain
from tests.support.templates import Synthesized

CONNECTION = "arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
TEXT = f"""\
name: shop
source:
  github: acme/shop
  connection: {CONNECTION}
  folder: service
  pull_requests:
    into: [main]
    preview: {{like: staging, expires: 36h, quota: {{pods: 9}}, pod_security: restricted, isolate: false}}
secrets: [token]
scan: high
environments:
  - dev
  - {{name: staging, timeout: 5m, other_namespaces: [kube-system], soak: 1m, alarms: [errors]}}
"""
READ = {"codeconnections:GetConnection", "codeconnections:GetConnectionToken", "codeconnections:UseConnection"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
REPORT = {
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
}
PUSH = {
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
}


def written(folder: Path, text: str) -> Path:
    from tests.unit.pipeline.conftest import write_service

    return write_service(folder / "service", text)


@pytest.fixture(scope="module")
def made(synthesize_again: Any, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    found: Synthesized = synthesize_again(written(tmp_path_factory.mktemp("shop"), TEXT), nag=True)
    return found


def logical(made: Synthesized, kind: str, key: str, name: str) -> str:
    (found,) = [id_ for id_, each in made.of_type(kind).items() if each.get(key) == name]
    return found


def function(made: Synthesized, name: str) -> dict[str, Any]:
    found: dict[str, Any] = made.resources[logical(made, "AWS::Lambda::Function", "FunctionName", name)]["Properties"]
    return found


def project(made: Synthesized, name: str) -> dict[str, Any]:
    found: dict[str, Any] = made.resources[logical(made, "AWS::CodeBuild::Project", "Name", name)]["Properties"]
    return found


def rights(made: Synthesized, role: Any) -> dict[str, str]:
    """Action → the resources that it is allowed on, as a text; each action stands in one statement."""
    found: dict[str, str] = {}
    for statement in made.statements_of(role["Fn::GetAtt"][0]):
        assert statement["Effect"] == "Allow"
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            assert action not in found
            found[action] = json.dumps(statement["Resource"])
    return found


def repository(made: Synthesized) -> str:
    return logical(made, "AWS::ECR::Repository", "RepositoryName", "shop/previews/web")


def told(function: dict[str, Any], name: str) -> dict[str, Any]:
    """A function's variable of JSON, its references by the names of the resources."""
    value = function["Environment"]["Variables"][name]
    parts = value["Fn::Join"][1] if isinstance(value, dict) else [value]
    words = [part if isinstance(part, str) else "-".join(map(str, next(iter(part.values())))) for part in parts]
    found: dict[str, Any] = json.loads("".join(words))
    return found


def test_a_builds_role_may_push_previews_and_have_its_own_deployed(made: Synthesized) -> None:
    held = rights(made, project(made, "shop-previews")["ServiceRole"])
    assert set(held) == LOG | REPORT | READ | PUSH | {
        "s3:GetObject",
        "ecr:GetAuthorizationToken",
        "lambda:InvokeFunction",
    }
    own = json.dumps({"Fn::GetAtt": [repository(made), "Arn"]})
    assert {held[action] for action in PUSH} == {own}
    deployer = logical(made, "AWS::Lambda::Function", "FunctionName", "shop-preview")
    assert held["lambda:InvokeFunction"] == json.dumps({"Fn::GetAtt": [deployer, "Arn"]})
    assert {action for action in held if held[action] == '"*"'} == {"ecr:GetAuthorizationToken"}
    assert {held[action] for action in READ} == {json.dumps(CONNECTION)}


def test_the_end_is_asked_for_by_a_project_that_runs_nothing_of_the_branch(made: Synthesized) -> None:
    closed = project(made, "shop-previews-closed")
    held = rights(made, closed["ServiceRole"])
    assert set(held) == LOG | READ | {"s3:GetObject", "lambda:InvokeFunction"}
    keeper = logical(made, "AWS::Lambda::Function", "FunctionName", "shop-preview-namespaces")
    assert held["lambda:InvokeFunction"] == json.dumps({"Fn::GetAtt": [keeper, "Arn"]})
    commands = [line.strip() for line in closed["Source"]["BuildSpec"].splitlines() if line.strip().startswith("- ")]
    assert [command.split()[-1] for command in commands[1:]] == ['"$SHIPLINE_TOOLS_FILE"', "closed"]
    assert closed["Environment"]["PrivilegedMode"] is False
    (group,) = closed["Triggers"]["FilterGroups"]
    assert {each["Type"]: each["Pattern"] for each in group} == {
        "EVENT": "PULL_REQUEST_CLOSED, PULL_REQUEST_MERGED",
        "BASE_REF": "^refs/heads/(main)$",
    }


def test_the_deployer_may_do_nothing_but_deploy_previews(made: Synthesized) -> None:
    deployer = function(made, "shop-preview")
    held = rights(made, deployer["Role"])
    assert set(held) == LOG | {
        "eks:DescribeCluster",
        "codebuild:BatchGetBuilds",
        "ecr:DescribeImages",
        "lambda:InvokeFunction",
        "secretsmanager:GetSecretValue",
    }
    assert ":project/shop-previews" in held["codebuild:BatchGetBuilds"]
    assert held["ecr:DescribeImages"] == json.dumps({"Fn::GetAtt": [repository(made), "Arn"]})
    own = logical(made, "AWS::SecretsManager::Secret", "Name", "shop/previews/token")
    assert held["secretsmanager:GetSecretValue"] == json.dumps({"Ref": own})
    (entry,) = [
        each for each in made.of_type("AWS::EKS::AccessEntry").values() if each["PrincipalArn"] == deployer["Role"]
    ]
    assert entry["KubernetesGroups"] == ["shipline:previews:shop"]
    assert "AccessPolicies" not in entry


def test_it_is_told_the_environment_that_previews_are_like_without_what_is_its_own(made: Synthesized) -> None:
    target = told(function(made, "shop-preview"), "SHIPLINE_TARGET")
    assert (target["namespace"], target["ledger"], target["otherNamespaces"]) == ("shop-pr-", "", [])
    assert target["wait"] == {"timeout": 300}
    assert target["deliveries"][0] == {"kind": "kustomize", "path": "manifests/overlays/staging"}
    assert target["also"] == {"shop/web": "web"}
    assert not {"scan", "soak", "alarms", "metrics"} & set(target)
    assert "shop/staging" not in json.dumps(target)


def test_the_keeper_takes_numbers_deletes_previews_images_and_sweeps_every_hour(made: Synthesized) -> None:
    keeper = function(made, "shop-preview-namespaces")
    held = rights(made, keeper["Role"])
    assert set(held) == LOG | {"eks:DescribeCluster", "ecr:BatchDeleteImage", "ecr:ListImages"}
    assert held["ecr:BatchDeleteImage"] == json.dumps({"Fn::GetAtt": [repository(made), "Arn"]})
    assert told(keeper, "SHIPLINE_PREVIEWS") == {
        "cluster": "shop",
        "service": "shop",
        "prefix": "shop-pr-",
        "group": "shipline:previews:shop",
        "expires": 36 * 3600,
        "podSecurity": {"level": "restricted", "version": "v1.36"},
        "quota": {"pods": "9"},
        "isolate": False,
        "repositories": ["shop/previews/web"],
    }
    hourly = logical(made, "AWS::Events::Rule", "Name", "shop-previews-sweep")
    rule = made.resources[hourly]["Properties"]
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert json.loads(rule["Targets"][0]["Input"]) == {"sweep": True}
    own = {"Ref": logical(made, "AWS::Lambda::Function", "FunctionName", "shop-preview-namespaces")}
    (allowed,) = [each for each in made.of_type("AWS::Lambda::Permission").values() if each["FunctionName"] == own]
    assert (allowed["Principal"], allowed["SourceArn"]) == ("events.amazonaws.com", {"Fn::GetAtt": [hourly, "Arn"]})


def test_images_of_previews_are_kept_apart_and_expire(made: Synthesized) -> None:
    resource = made.resources[repository(made)]
    (rule,) = json.loads(resource["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == 3  # 36 h and a day, in whole days
    assert rule["selection"]["countType"] == "sinceImagePushed"
    assert resource["Properties"]["EmptyOnDelete"] is True
    assert resource["DeletionPolicy"] == "Delete"
    (released,) = [
        each for each in made.of_type("AWS::ECR::Repository").values() if each["RepositoryName"] == "shop/web"
    ]
    assert "EmptyOnDelete" not in released
    build = project(made, "shop-build")["ServiceRole"]
    assert repository(made) not in json.dumps(made.statements_of(build["Fn::GetAtt"][0]))


def test_a_pull_request_asks_by_its_commits_message_or_its_branchs_name(made: Synthesized) -> None:
    triggers = project(made, "shop-previews")["Triggers"]
    groups = [{each["Type"]: each["Pattern"] for each in group} for group in triggers["FilterGroups"]]
    always = {
        "EVENT": "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED, PULL_REQUEST_REOPENED",
        "BASE_REF": "^refs/heads/(main)$",
        "FILE_PATH": "^service/",
    }
    assert groups == [{**always, "COMMIT_MESSAGE": r"\[preview\]"}, {**always, "HEAD_REF": "^refs/heads/preview/"}]
    assert triggers["PullRequestBuildPolicy"] == {"RequiresCommentApproval": "FORK_PULL_REQUESTS"}


def test_nothing_of_the_branch_runs_before_it_is_known_to_be_the_repositorys_own(made: Synthesized) -> None:
    spec = project(made, "shop-previews")["Source"]["BuildSpec"]
    steps = [line.split()[-1] for line in spec.splitlines() if 'python3 "$SHIPLINE_TOOLS_FILE"' in line]
    assert steps == ["own", "requirements", "plan", "login", "test", "build", "release", "preview"]


def test_always_needs_no_asking_and_the_defaults_are_told(synthesize_again: Any, service: Any) -> None:
    text = TEXT.partition("    preview:")[0] + "    preview: {when: always}\nenvironments: [dev]\n"
    found = synthesize_again(service(text))
    (group,) = project(found, "shop-previews")["Triggers"]["FilterGroups"]
    assert {each["Type"] for each in group} == {"EVENT", "BASE_REF", "FILE_PATH"}
    settings = told(function(found, "shop-preview-namespaces"), "SHIPLINE_PREVIEWS")
    assert settings["podSecurity"]["level"] == "baseline"
    assert (settings["quota"], settings["isolate"]) == ({"cpu": "2", "memory": "4Gi", "pods": "20"}, True)
    assert settings["expires"] == 3 * 86400
    addons = {
        each["AddonName"]: each.get("ConfigurationValues", "") for each in found.of_type("AWS::EKS::Addon").values()
    }
    assert "enableNetworkPolicy" in addons["vpc-cni"]


def test_it_is_explained(service: Any) -> None:
    lines = explain(load(service(TEXT)))
    assert (
        "  deployed like staging into shop-pr-NUMBER: [preview] in the commit's message, or a branch preview/…" in lines
    )
    assert "  gone when it is closed or merged, or 1d12h after its last deployment" in lines


def refused(folder: Path) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    return str(caught.value)


def test_an_overlay_that_names_its_namespace_is_refused(service: Any) -> None:
    folder = service(TEXT)
    overlay = folder / "manifests/overlays/staging/kustomization.yaml"
    overlay.write_text("resources: [../../base]\nnamespace: shop-staging\n")
    assert "staging/kustomization.yaml names the namespace shop-staging" in refused(folder)
    overlay.write_text("# namespace: shop-staging\n")
    load(folder)


def test_an_image_whose_build_needs_a_secret_is_refused(service: Any) -> None:
    folder = service(TEXT + "images: {web: {context: app/web, secrets: {token: shop/token}}}\n")
    (folder / "app/web/Dockerfile").write_text("RUN --mount=type=secret,id=token true\n")
    assert "the build of the image web needs secrets" in refused(folder)
