"""CodePipeline's EKS action in place of the deployers: what it makes, and what is refused beside it."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load
from pipeline.config.explain import explain
from pipeline.config.problems import InvalidDefinition
from pipeline.cost.estimate import deployer_runs
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

HEAD = "name: store\nsource: codecommit\ndeployer: eks-action\n"
TEXT = f"""\
{HEAD}environments: [dev, {{name: prod, verify: manifests/base/kustomization.yaml}}]
cluster: {{endpoint: {{public_from: ["203.0.113.0/24"]}}}}
"""


def write(folder: Path, text: str) -> Path:
    made = write_service(folder, text)
    shutil.rmtree(made / "charts")
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("action"), TEXT)


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize(folder, tmp_path_factory.mktemp("out"), account=ACCOUNT, nag=True)


def stages(made: Synthesized) -> dict[str, list[dict[str, Any]]]:
    return {stage["Name"]: stage["Actions"] for stage in made.pipeline["Stages"]}


def test_each_environment_is_deployed_by_the_action(made: Synthesized) -> None:
    deploy, verify = stages(made)["prod"]
    assert deploy["ActionTypeId"] == {"Category": "Deploy", "Owner": "AWS", "Provider": "EKS", "Version": "1"}
    told = deploy["Configuration"]
    assert (told["ClusterName"], told["ManifestFiles"], told["Namespace"]) == (
        "store",
        "rendered/prod.yaml",
        "store-prod",
    )
    assert [each["Name"] for each in deploy["InputArtifacts"]] == ["Release"]
    assert verify["RunOrder"] == deploy["RunOrder"] + 1
    assert [each["Configuration"]["ManifestFiles"] for each in stages(made)["dev"]] == ["rendered/dev.yaml"]


def test_where_the_endpoint_is_not_open_to_all_it_runs_in_the_clusters_subnets(made: Synthesized) -> None:
    told = stages(made)["dev"][0]["Configuration"]
    assert told["SecurityGroupIds"] == {"Ref": "ClusterGroup"}
    assert json.dumps(told["Subnets"]).count("ClusterSubnets") == 3


def test_an_approval_asks_without_a_plan(made: Synthesized) -> None:
    (approve,) = stages(made)["prod-approval"]
    assert approve["Configuration"] == {"CustomData": "Release store to prod?"}


def test_the_build_is_told_what_to_render(made: Synthesized) -> None:
    projects = {each["Name"]: each for each in made.of_type("AWS::CodeBuild::Project").values()}
    told = {each["Name"]: each["Value"] for each in projects["store-build"]["Environment"]["EnvironmentVariables"]}
    assert json.loads(told["SHIPLINE_RENDER"]) == {
        "dev": [["kustomize", "manifests/overlays/dev"]],
        "prod": [["kustomize", "manifests/overlays/prod"]],
    }


def test_there_is_neither_deployer_nor_ledger(made: Synthesized) -> None:
    assert not made.of_type("AWS::DynamoDB::Table")
    assert not made.of_type("AWS::Lambda::LayerVersion")
    names = [each.get("FunctionName", "") for each in made.of_type("AWS::Lambda::Function").values()]
    assert not [name for name in names if "-deploy-" in name]


def test_its_role_edits_one_namespace_and_writes_no_artifact(made: Synthesized) -> None:
    (entry,) = [each for key, each in made.of_type("AWS::EKS::AccessEntry").items() if key.startswith("devApplied")]
    (policy,) = entry["AccessPolicies"]
    assert policy["AccessScope"] == {"Namespaces": ["store-dev"], "Type": "namespace"}
    assert "AmazonEKSEditPolicy" in json.dumps(policy["PolicyArn"])
    role = entry["PrincipalArn"]["Fn::GetAtt"][0]
    actions = json.dumps([each["Action"] for each in made.statements_of(role)])
    assert "eks:DescribeCluster" in actions
    assert "s3:PutObject" not in actions
    (pipeline,) = [each for each in made.resources.values() if each["Type"] == "AWS::CodePipeline::Pipeline"]
    assert any(each.startswith("devApplied") for each in pipeline["DependsOn"])


def test_cdk_nag_has_no_finding_without_a_reason(made: Synthesized) -> None:
    report = json.loads((made.folder / "validation-report.json").read_text())
    assert [item["violations"] for item in report["pluginReports"] if item["violations"]] == []


def test_it_is_told(folder: Path) -> None:
    lines = explain(load(folder))
    assert sum("CodePipeline's EKS action, by kubectl apply" in line for line in lines) == 2
    assert not [line for line in lines if "healthy within" in line or "may delete" in line]
    assert deployer_runs(load(folder)) == 2


def test_without_the_word_nothing_of_it_is_in_a_template(sample: Synthesized) -> None:
    assert "SHIPLINE_RENDER" not in json.dumps(sample.of_type("AWS::CodeBuild::Project"))
    assert '"EKS"' not in json.dumps(sample.of_type("AWS::CodePipeline::Pipeline"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("environments: [dev]\nsign: true\n", "sign"),
        ("environments: [dev]\nsbom: true\n", "sbom"),
        ("environments: [dev]\nsecrets: [db]\n", "secrets"),
        ("environments: [dev]\nobserve: true\n", "observe"),
        ("environments: [dev]\nregistry: {keep: 5}\n", "registry.keep"),
        ("environments: [dev]\ngitops: {codecommit: config, by: flux}\n", "gitops"),
        ("environments: [{name: dev, timeout: 5m}]\n", "environments[0].timeout"),
        ("environments: [{name: dev, prune: 10}]\n", "environments[0].prune"),
        ("environments: [{name: dev, force_conflicts: true}]\n", "environments[0].force_conflicts"),
        ("environments: [{name: dev, other_namespaces: [ops]}]\n", "environments[0].other_namespaces"),
        ("environments: [{name: dev, targets: [there]}]\n", "environments[0].targets"),
        (
            "environments: [dev]\ncluster: {endpoint: private, network: {nat: none}}\n",
            "deployer",
        ),
    ],
)
def test_what_only_a_deployer_does_is_refused(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(write(tmp_path, HEAD + text))
    assert f": {where}: " in str(caught.value)


def test_a_buildspec_that_renders_nothing_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, f"{HEAD}environments: [dev]\nbuild: {{buildspec: own.yaml}}\n")
    (folder / "own.yaml").write_text("version: 0.2\n")
    with pytest.raises(InvalidDefinition, match=r"deployer: own\.yaml does not run Shipline's tools"):
        load(folder)


def test_charts_that_were_found_are_refused_too(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match=r"deployer: .* the chart charts/web by Shipline's deployer alone"):
        load(write_service(tmp_path, f"{HEAD}environments: [dev]\n"))
