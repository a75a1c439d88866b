"""Environments that are delivered by commits: what their templates hold, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load
from pipeline.config.explain import explain
from pipeline.config.problems import InvalidDefinition
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

HEAD = "name: store\nsource: codecommit\n"
TEXT = f"""\
{HEAD}environments: [dev, {{name: prod, approve: false}}]
gitops: {{codecommit: config, by: flux, environments: [prod], branch: live}}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("gitops"), TEXT)
    return synthesize(folder, tmp_path_factory.mktemp("out"), account=ACCOUNT, nag=True)


def entry_of(made: Synthesized, environment: str) -> dict[str, Any]:
    entries = made.of_type("AWS::EKS::AccessEntry").items()
    (found,) = [each for key, each in entries if key.startswith(environment) and "Deployer" in key]
    return dict(found)


def test_the_deployer_is_told_where_and_applies_nothing(made: Synthesized) -> None:
    functions = {each["FunctionName"]: each for each in made.of_type("AWS::Lambda::Function").values()}
    told = json.dumps(functions["store-deploy-prod"]["Environment"]).replace("\\", "")
    assert (
        '"gitops":{"repository":"config","branch":"live","path":"envs/prod","by":"flux",'
        '"application":"store-prod","namespace":"flux-system"}'
    ) in told
    assert '"deliveries":[]' in told
    dev = json.dumps(functions["store-deploy-dev"]["Environment"]).replace("\\", "")
    assert "gitops" not in dev
    assert "manifests/overlays/dev" in dev


def test_its_role_commits_to_one_branch_of_one_repository(made: Synthesized) -> None:
    policies = made.of_type("AWS::IAM::Policy").values()
    statements = [item for policy in policies for item in policy["PolicyDocument"]["Statement"]]
    (writing,) = [item for item in statements if item["Action"] == "codecommit:CreateCommit"]
    assert writing["Condition"] == {"StringEquals": {"codecommit:References": "refs/heads/live"}}
    assert writing["Resource"]["Fn::Join"][1][::2] == ["arn:", ":codecommit:", ":", ":config"]
    (reading,) = [item for item in statements if "codecommit:GetFolder" in item["Action"]]
    assert reading["Resource"] == writing["Resource"]


def test_in_the_cluster_it_is_of_a_group_that_reads_one_object(made: Synthesized) -> None:
    assert entry_of(made, "prod")["KubernetesGroups"] == ["shipline:store-prod"]
    assert "AccessPolicies" not in entry_of(made, "prod")
    assert "KubernetesGroups" not in entry_of(made, "dev")
    (namespaces,) = made.of_type("Custom::Namespaces").values()
    assert namespaces["Readers"] == [
        {
            "Group": "shipline:store-prod",
            "Environment": "prod",
            "Namespace": "flux-system",
            "ApiGroup": "kustomize.toolkit.fluxcd.io",
            "Resource": "kustomizations",
            "Object": "store-prod",
        }
    ]


def test_without_the_key_nothing_of_it_is_in_a_template(sample: Synthesized) -> None:
    (namespaces,) = sample.of_type("Custom::Namespaces").values()
    assert "Readers" not in namespaces
    for kind in ("AWS::EKS::AccessEntry", "AWS::Lambda::Function", "AWS::IAM::Policy"):
        text = json.dumps(sample.of_type(kind))
        assert "KubernetesGroups" not in text
        assert "CreateCommit" not in text
        assert "gitops" not in text


def test_it_is_explained(made: Synthesized, tmp_path: Path) -> None:
    lines = explain(load(write_service(tmp_path, TEXT)))
    assert "  commits to: envs/prod of the CodeCommit repository config, branch live" in lines
    assert "  then waits for: Flux's Kustomization flux-system/store-prod" in lines
    assert sum("may delete" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"{HEAD}environments: [dev]\ngitops: {{codecommit: store, by: flux}}",
            "4:22: gitops.codecommit: store is the pipeline's own source: each release would start the next one; "
            "keep the configuration in a repository of its own",
        ),
        (
            f"{HEAD}environments: [dev]\ngitops: {{codecommit: c, by: flux, environments: [prod]}}",
            "4:50: gitops.environments[0]: there is no environment prod; name some of dev",
        ),
        (
            f"{HEAD}environments: [dev, prod]\ngitops: {{codecommit: c, by: flux, path: envs}}",
            "4:41: gitops.path: the environments would share `envs`; put `{environment}` into it, "
            "so that each has its own",
        ),
        (
            f"{HEAD}environments: [dev, prod]\ngitops: {{codecommit: c, by: argocd, application: store}}",
            "4:50: gitops.application: the environments would share `store`; put `{environment}` into it, "
            "so that each has its own",
        ),
        (
            f"{HEAD}environments: [dev]\ngitops: {{codecommit: c, by: flux}}\ndeploy: [{{manifests: manifests}}]",
            "5:9: deploy: `gitops` delivers to all environments: nothing is applied from here; keep one of them, "
            "or list under `gitops: environments:` which ones it is for",
        ),
        (
            f"{HEAD}environments: [dev]\ngitops: {{codecommit: c, by: flux}}\nsecrets: [token]",
            "5:10: secrets: a deployer that commits puts no Secret into a namespace; leave them out, "
            "and let an operator such as External Secrets bring them",
        ),
        (
            f"{HEAD}environments: [{{name: dev, prune: 10}}]\ngitops: {{codecommit: c, by: flux}}",
            "3:35: environments[0].prune: dev is delivered by `gitops`: what is applied there, its reconciler "
            "decides; leave the key out, and set it there",
        ),
    ],
)
def test_what_would_loop_clash_or_do_nothing_is_refused(service: Callable[[str], Path], text: str, told: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load(service(text + "\n"))
    assert str(caught.value) == f"pipeline.yaml:{told}"


def test_where_all_is_committed_no_manifests_are_needed(tmp_path: Path) -> None:
    (tmp_path / "app" / "web").mkdir(parents=True)
    (tmp_path / "app" / "web" / "Dockerfile").touch()
    text = f"{HEAD}environments: [dev]\ngitops: {{codecommit: c, by: argocd}}\n"
    (tmp_path / "pipeline.yaml").write_text(text)
    found = load(tmp_path)
    (target,) = found.environments
    assert (target.deliveries, found.carried) == ((), ())
    assert target.gitops is not None
    assert (target.gitops.application, target.gitops.namespace) == ("store-dev", "argocd")
