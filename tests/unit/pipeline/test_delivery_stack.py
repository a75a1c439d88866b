"""The delivery stack as the deployer, the build and the machine rely on it."""

import json
import re
from typing import Any

import pytest


def joined(value: Any) -> str:
    """A Fn::Join as text, its references as <what they name>."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(joined(part) for part in parts)
    return "<token>"


def action_names(stage: dict[str, Any]) -> list[tuple[str, int]]:
    return [(action["Name"], action["RunOrder"]) for action in stage["Actions"]]


def test_pipeline_is_v2_and_superseding(sample: Any) -> None:
    pipeline = sample.pipeline
    assert (pipeline["Name"], pipeline["PipelineType"], pipeline["ExecutionMode"]) == ("shop", "V2", "SUPERSEDED")


def test_stages_follow_the_environments_with_approvals_in_front(sample: Any) -> None:
    names = [stage["Name"] for stage in sample.pipeline["Stages"]]
    assert names == ["Source", "Build", "dev", "staging", "prod-approval", "prod"]
    assert action_names(sample.stage("dev")) == [("Deploy", 1), ("Verify", 2)]
    assert action_names(sample.stage("prod-approval")) == [("Plan", 1), ("Approve", 2)]


def test_the_last_of_several_environments_waits_by_default(anywhere: Any, github: Any) -> None:
    assert [s["Name"] for s in anywhere.pipeline["Stages"]] == [
        "Source", "Build", "dev", "staging", "prod-approval", "prod",
    ]  # fmt: skip
    assert [s["Name"] for s in github.pipeline["Stages"]] == ["Source", "Build", "prod"]


def test_each_environment_goes_back_when_its_stage_fails(synthesized: Any) -> None:
    for stage in synthesized.pipeline["Stages"]:
        deploys = any(action["Name"] == "Deploy" for action in stage["Actions"])
        assert stage.get("OnFailure") == ({"Result": "ROLLBACK"} if deploys else None)


def test_codecommit_starts_the_pipeline_by_an_event_of_its_branch(sample: Any) -> None:
    source = sample.stage("Source")["Actions"][0]
    assert source["ActionTypeId"]["Provider"] == "CodeCommit"
    assert source["Configuration"]["PollForSourceChanges"] is False
    assert source["Configuration"]["OutputArtifactFormat"] == "CODE_ZIP"
    (rule,) = sample.of_type("AWS::Events::Rule").values()
    assert rule["EventPattern"]["detail-type"] == ["CodeCommit Repository State Change"]
    assert rule["EventPattern"]["detail"]["referenceName"] == ["main"]
    (target,) = rule["Targets"]
    (statement,) = sample.statements_of(target["RoleArn"]["Fn::GetAtt"][0])
    assert statement["Action"] == "codepipeline:StartPipelineExecution"
    assert statement["Resource"] == target["Arn"]


def test_github_starts_the_pipeline_by_filters_only(github: Any) -> None:
    source = github.stage("Source")["Actions"][0]
    assert source["ActionTypeId"]["Provider"] == "CodeStarSourceConnection"
    assert source["Configuration"]["FullRepositoryId"] == "acme/store"
    assert source["Configuration"]["DetectChanges"] is False
    (trigger,) = github.pipeline["Triggers"]
    assert trigger["GitConfiguration"]["SourceActionName"] == "Source"
    assert trigger["GitConfiguration"]["Push"] == [
        {
            "Branches": {"Includes": ["main", "release/**"]},
            "FilePaths": {"Includes": ["app/**"], "Excludes": ["docs/**"]},
        }
    ]
    assert github.of_type("AWS::Events::Rule") == {}
    assert github.of_type("AWS::CodeCommit::Repository") == {}


def test_every_action_has_a_role_that_only_the_pipeline_may_take(synthesized: Any) -> None:
    actions = [action for stage in synthesized.pipeline["Stages"] for action in stage["Actions"]]
    roles = [action["RoleArn"]["Fn::GetAtt"][0] for action in actions]
    assert len(set(roles)) == len(roles)
    pipeline_role = synthesized.pipeline["RoleArn"]
    for role in roles:
        (trust,) = synthesized.resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"AWS": pipeline_role}
    (assume,) = [
        s for s in synthesized.statements_of(pipeline_role["Fn::GetAtt"][0]) if s["Action"] == "sts:AssumeRole"
    ]
    assert sorted(arn["Fn::GetAtt"][0] for arn in assume["Resource"]) == sorted(roles)


def test_deploy_actions_carry_the_execution_and_the_commit(sample: Any) -> None:
    deploy = sample.stage("dev")["Actions"][0]
    assert deploy["Namespace"] == "dev"
    assert deploy["InputArtifacts"] == [{"Name": "Release"}]
    assert json.loads(deploy["Configuration"]["UserParameters"]) == {
        "execution": "#{codepipeline.PipelineExecutionId}",
        "commit": "#{Source.CommitId}",
    }


def test_deploy_actions_write_their_report_into_an_artifact_of_their_own(synthesized: Any) -> None:
    deploys = {s["Name"]: a for s in synthesized.pipeline["Stages"] for a in s["Actions"] if a["Name"] == "Deploy"}
    assert deploys
    for stage, deploy in deploys.items():
        assert deploy["OutputArtifacts"] == [{"Name": f"Report-{stage}"}]


def test_the_deployers_actions_read_and_write_artifacts_and_do_nothing_else_to_them(synthesized: Any) -> None:
    invokes = [a for s in synthesized.pipeline["Stages"] for a in s["Actions"] if a["Name"] in ("Plan", "Deploy")]
    assert invokes
    for action in invokes:
        statements = synthesized.statements_of(action["RoleArn"]["Fn::GetAtt"][0])
        allowed = {a for s in statements for a in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}
        assert allowed == {
            "lambda:InvokeFunction", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject",
            "s3:GetBucketLocation", "s3:GetBucketVersioning",
        }  # fmt: skip


def test_an_approval_shows_the_plan_of_the_deployer_that_will_carry_it_out(sample: Any) -> None:
    plan, approve = sample.stage("prod-approval")["Actions"]
    deploy = sample.stage("prod")["Actions"][0]
    assert plan["ActionTypeId"]["Provider"] == "Lambda"
    assert plan["Configuration"]["FunctionName"] == deploy["Configuration"]["FunctionName"]
    assert (plan["InputArtifacts"], plan["OutputArtifacts"]) == ([{"Name": "Release"}], [{"Name": "Plan-prod"}])
    told = json.loads(plan["Configuration"]["UserParameters"])
    assert (told["mode"], told["execution"]) == ("plan", "#{codepipeline.PipelineExecutionId}")
    assert plan["Namespace"] == "prod_plan"
    shown = approve["Configuration"]["CustomData"]
    assert shown.startswith("Release shop to prod?\n\n#{prod_plan.summary}\n\n")
    assert shown.endswith("All of it: aws s3 cp #{prod_plan.report} plan.zip && unzip -p plan.zip plan.txt")


def test_what_an_approval_shows_fits_whatever_the_plan(synthesized: Any) -> None:
    for stage in synthesized.pipeline["Stages"]:
        for action in stage["Actions"]:
            assert all(len(str(value)) <= 1000 for value in action["Configuration"].values() if isinstance(value, str))
            if action["Name"] == "Plan":
                name = stage["Name"].removesuffix("-approval")
                longest = int(json.loads(action["Configuration"]["UserParameters"])["summary"])
                place = f"s3://{'b' * 63}/{'p' * 20}/{'a' * 10}/{'k' * 7}"
                shown = stage["Actions"][1]["Configuration"]["CustomData"]
                shown = shown.replace(f"#{{{name}_plan.summary}}", "s" * longest)
                assert 900 <= len(shown.replace(f"#{{{name}_plan.report}}", place)) <= 1000


def test_a_deployment_is_held_to_the_plan_that_was_approved(sample: Any) -> None:
    deploy = sample.stage("prod")["Actions"][0]
    assert deploy["InputArtifacts"] == [{"Name": "Release"}, {"Name": "Plan-prod"}]
    told = json.loads(deploy["Configuration"]["UserParameters"])
    assert (told["plan"], told["planned"]) == ("#{prod_plan.plan}", "#{prod_plan.execution}")
    assert "plan" not in json.loads(sample.stage("dev")["Actions"][0]["Configuration"]["UserParameters"])


def test_names_of_actions_variables_and_artifacts_are_ones_that_codepipeline_takes(synthesized: Any) -> None:
    actions = [action for stage in synthesized.pipeline["Stages"] for action in stage["Actions"]]
    namespaces = [action["Namespace"] for action in actions if "Namespace" in action]
    artifacts = [each["Name"] for action in actions for each in action.get("OutputArtifacts", [])]
    assert all(re.fullmatch(r"[A-Za-z0-9@\-_]{1,100}", name) for name in namespaces)
    assert all(re.fullmatch(r"[A-Za-z0-9_\-]{1,100}", name) for name in artifacts)
    assert (len(set(namespaces)), len(set(artifacts))) == (len(namespaces), len(artifacts))
    assert set(namespaces) & set(artifacts) <= {"Source"}


def test_build_action_is_told_of_the_commit(sample: Any) -> None:
    build = sample.stage("Build")["Actions"][0]
    assert build["Namespace"] == "Build"
    assert (build["InputArtifacts"], build["OutputArtifacts"]) == ([{"Name": "Source"}], [{"Name": "Release"}])
    told = {item["name"]: item["value"] for item in json.loads(build["Configuration"]["EnvironmentVariables"])}
    assert told == {
        "COMMIT_ID": "#{Source.CommitId}",
        "BRANCH": "#{Source.BranchName}",
        "COMMIT_MESSAGE": "#{Source.CommitMessage}",
        "AUTHOR_DATE": "#{Source.AuthorDate}",
        "PIPELINE_EXECUTION_ID": "#{codepipeline.PipelineExecutionId}",
    }
    assert len(build["Configuration"]["EnvironmentVariables"]) <= 1000


def functions(made: Any) -> dict[str, dict[str, Any]]:
    found = made.of_type("AWS::Lambda::Function").values()
    return {f["FunctionName"]: f for f in found if "-deploy-" in f["FunctionName"]}


def test_each_environment_has_a_deployer_that_knows_only_its_own(sample: Any) -> None:
    found = functions(sample)
    assert sorted(found) == ["shop-deploy-dev", "shop-deploy-prod", "shop-deploy-staging"]
    for environment in ("dev", "staging", "prod"):
        function = found[f"shop-deploy-{environment}"]
        assert (function["Runtime"], function["Handler"]) == ("python3.11", "deployer.start.handle")
        assert (function["Timeout"], function["MemorySize"]) == (900, 1024)
        assert len(function["Layers"]) == 1
        told = json.loads(joined(function["Environment"]["Variables"]["SHIPLINE_TARGET"]))
        assert told["environment"] == environment
        assert told["namespace"] == f"shop-{environment}"
        assert told["deliveries"] == [
            {"kind": "kustomize", "path": f"manifests/overlays/{environment}"},
            {
                "kind": "helm",
                "chart": "charts/api",
                "release": "api",
                "values": [f"charts/api/values-{environment}.yaml"],
            },
        ]
        assert sorted(told["images"]) == ["api", "web"]
        assert list(told["secrets"]) == ["api-token"]
        assert told["wait"] == {"timeout": 600}
        assert (told["pruneShare"], told["forceConflicts"], told["history"]) == (0.5, False, 10)


def test_deployers_read_only_their_own_secrets(sample: Any) -> None:
    names = {key: secret["Name"] for key, secret in sample.of_type("AWS::SecretsManager::Secret").items()}
    for environment in ("dev", "staging", "prod"):
        role = functions(sample)[f"shop-deploy-{environment}"]["Role"]["Fn::GetAtt"][0]
        (read,) = [s for s in sample.statements_of(role) if s["Action"] == "secretsmanager:GetSecretValue"]
        assert names[read["Resource"]["Ref"]] == f"shop/{environment}/api-token"


def test_deployers_cannot_write_artifacts_push_images_or_take_roles(synthesized: Any) -> None:
    for function in functions(synthesized).values():
        statements = synthesized.statements_of(function["Role"]["Fn::GetAtt"][0])
        allowed = {a for s in statements for a in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])}
        assert allowed <= {
            "codepipeline:GetJobDetails", "codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult",
            "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
            "ecr:DescribeImages", "eks:DescribeCluster",
            "logs:CreateLogStream", "logs:PutLogEvents",
            "secretsmanager:GetSecretValue",
        }  # fmt: skip


def test_a_deployer_reads_the_packed_charts_that_it_delivers_and_no_others(synthesize_again: Any, service: Any) -> None:
    packed = f"oci://123456789012.dkr.ecr.eu-central-1.amazonaws.com/charts/api:1.0.0@sha256:{'a' * 64}"
    text = "name: store\nsource: codecommit\nimages: {web: app/web}\nenvironments: [dev]\ndeploy:\n"
    text += f"  - chart: {packed}\n"
    made = synthesize_again(service(text))
    (function,) = functions(made).values()
    statements = made.statements_of(function["Role"]["Fn::GetAtt"][0])
    (read,) = [each for each in statements if "ecr:BatchGetImage" in each["Action"]]
    assert read["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    assert joined(read["Resource"]).endswith(":ecr:eu-central-1:123456789012:repository/charts/api")
    assert [each["Resource"] for each in statements if "ecr:GetAuthorizationToken" in each["Action"]] == ["*"]


def test_access_entries_of_the_delivery_stack_are_bound_to_one_namespace_each(sample: Any) -> None:
    entries = [
        resource["Properties"]
        for resource in sample.template("delivery")["Resources"].values()
        if resource["Type"] == "AWS::EKS::AccessEntry"
    ]
    assert len(entries) == 6  # a deployer and a verifier in three environments
    seen = []
    for entry in entries:
        (policy,) = entry["AccessPolicies"]
        assert joined(policy["PolicyArn"]).endswith(":eks::aws:cluster-access-policy/AmazonEKSEditPolicy")
        assert policy["AccessScope"]["Type"] == "namespace"
        assert entry["ClusterName"] == "shop"
        assert "KubernetesGroups" not in entry
        seen += policy["AccessScope"]["Namespaces"]
    assert sorted(seen) == sorted(["shop-dev", "shop-staging", "shop-prod"] * 2)
    principals = [json.dumps(entry["PrincipalArn"]) for entry in entries]
    assert len(set(principals)) == len(principals)


def test_other_namespaces_are_the_deployers_and_not_the_verifiers(synthesize_again: Any, service: Any) -> None:
    text = "name: store\nsource: codecommit\nimages: {web: app/web}\ndeploy:\n  - chart: charts/web\n"
    text += "environments: [{name: dev, other_namespaces: [kube-system], verify: app/verify.yaml}]\n"
    folder = service(text)
    (folder / "app" / "verify.yaml").write_text("version: 0.2\nphases: {build: {commands: [true]}}\n")
    delivery = synthesize_again(folder).template("delivery")["Resources"]
    entries = [each["Properties"] for each in delivery.values() if each["Type"] == "AWS::EKS::AccessEntry"]
    scopes = [policy["AccessScope"]["Namespaces"] for entry in entries for policy in entry["AccessPolicies"]]
    assert sorted(scopes) == [["store-dev"], ["store-dev", "kube-system"]]


def test_the_pipeline_waits_for_the_rights_of_all_its_actions(sample: Any) -> None:
    (key,) = sample.of_type("AWS::CodePipeline::Pipeline")
    waits = set(sample.resources[key]["DependsOn"])
    delivery = sample.template("delivery")["Resources"]
    assert {k for k, r in delivery.items() if r["Type"] == "AWS::EKS::AccessEntry"} <= waits
    assert {k for k, r in delivery.items() if r["Type"] == "AWS::IAM::Policy" and "ActionRole" in k} <= waits


def test_repositories_never_move_a_tag_and_are_scanned(sample: Any) -> None:
    repositories = sample.of_type("AWS::ECR::Repository")
    assert sorted(r["RepositoryName"] for r in repositories.values()) == ["shop/api", "shop/web"]
    for key, repository in repositories.items():
        assert repository["ImageTagMutability"] == "IMMUTABLE"
        assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
        rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
        assert [rule["selection"]["countNumber"] for rule in rules] == [30, 1000]
        assert sample.resources[key]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_ledger_can_be_restored_and_outlives_the_stack(sample: Any) -> None:
    ((key, table),) = sample.of_type("AWS::DynamoDB::Table").items()
    assert table["TableName"] == "shop-releases"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert [(k["AttributeName"], k["KeyType"]) for k in table["KeySchema"]] == [("pk", "HASH"), ("sk", "RANGE")]
    assert sample.resources[key]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_artifacts_are_encrypted_private_and_expire(sample: Any) -> None:
    for bucket in sample.of_type("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] >= 90


def test_every_log_group_forgets(synthesized: Any) -> None:
    groups = synthesized.of_type("AWS::Logs::LogGroup")
    assert groups
    assert {group["RetentionInDays"] for group in groups.values()} == {180}


def test_build_project_knows_images_tests_tools_and_what_to_carry(sample: Any) -> None:
    (build,) = [p for p in sample.of_type("AWS::CodeBuild::Project").values() if p["Name"] == "shop-build"]
    variables = {v["Name"]: joined(v["Value"]) for v in build["Environment"]["EnvironmentVariables"]}
    assert variables["SHIPLINE_SERVICE"] == "shop"
    images = json.loads(variables["SHIPLINE_IMAGES"])
    assert {k: (v["context"], v["dockerfile"], v["args"]) for k, v in images.items()} == {
        "web": ("app/web", "Dockerfile", {}),
        "api": ("app/api", "Dockerfile", {}),
    }
    assert variables["SHIPLINE_TEST"] == "python3 -m pytest -q app --junitxml=reports/unit.xml"
    assert variables["SHIPLINE_TOOLS"].startswith("s3://")
    assert json.loads(variables["SHIPLINE_DELIVERY"]) == ["buildspec", "charts", "manifests"]
    assert variables["SHIPLINE_SOURCE_REPOSITORY"] == "shop"
    assert build["Environment"]["PrivilegedMode"] is True
    assert build["Source"]["BuildSpec"] == "buildspec/build.yaml"


def build_statements(made: Any) -> list[dict[str, Any]]:
    (build,) = [p for p in made.of_type("AWS::CodeBuild::Project").values() if p["Name"].endswith("-build")]
    return list(made.statements_of(build["ServiceRole"]["Fn::GetAtt"][0]))


def test_the_build_may_ask_its_own_repository_who_wrote_the_commit_and_nothing_else(sample: Any) -> None:
    (repository,) = sample.of_type("AWS::CodeCommit::Repository")
    asking = [s for s in build_statements(sample) if "codecommit" in json.dumps(s["Action"])]
    assert [(s["Action"], s["Resource"]) for s in asking] == [
        ("codecommit:GetCommit", {"Fn::GetAtt": [repository, "Arn"]})
    ]


def test_the_build_of_a_github_source_asks_nobody_for_the_author(github: Any) -> None:
    (build,) = [p for p in github.of_type("AWS::CodeBuild::Project").values() if p["Name"].endswith("-build")]
    assert "SHIPLINE_SOURCE_REPOSITORY" not in {v["Name"] for v in build["Environment"]["EnvironmentVariables"]}
    assert not [s for s in build_statements(github) if "codecommit" in json.dumps(s["Action"])]


def test_a_service_without_a_buildspec_gets_the_bytes_of_ours(anywhere: Any, toolkit_buildspec: str) -> None:
    (build,) = [p for p in anywhere.of_type("AWS::CodeBuild::Project").values() if p["Name"] == "tiny-build"]
    assert build["Source"]["BuildSpec"] == toolkit_buildspec


def test_verify_projects_know_their_environment(sample: Any) -> None:
    for environment in ("dev", "staging", "prod"):
        name = f"shop-verify-{environment}"
        (project,) = [p for p in sample.of_type("AWS::CodeBuild::Project").values() if p["Name"] == name]
        variables = {v["Name"]: v["Value"] for v in project["Environment"]["EnvironmentVariables"]}
        assert variables == {
            "SHIPLINE_SERVICE": "shop",
            "SHIPLINE_ENVIRONMENT": environment,
            "SHIPLINE_NAMESPACE": f"shop-{environment}",
            "SHIPLINE_CLUSTER": "shop",
        }
        assert project["Environment"]["PrivilegedMode"] is False
        assert project["Source"]["BuildSpec"] == "buildspec/verify.yaml"


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_secrets_are_generated_never_written(sample: Any, environment: str) -> None:
    secrets = {s["Name"]: s for s in sample.of_type("AWS::SecretsManager::Secret").values()}
    secret = secrets[f"shop/{environment}/api-token"]
    assert "SecretString" not in secret
    assert secret["GenerateSecretString"]["PasswordLength"] == 32
