"""Who starts more machines for a cluster: Karpenter and its node pools, the Cluster Autoscaler."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import explain, load
from pipeline.config.cluster.endpoints import endpoints
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.cost import Assumptions, estimate, read
from tests.support.definitions import GOOD, problems
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, CHECKOUT, synthesize, write_service

Service = Callable[[str], Path]
EXAMPLE = CHECKOUT / "docs/examples/elastic-cluster"
ASSUMED = Assumptions(releases=10, build_minutes=4, deploy_minutes=2, images=20, traffic=100, logs=10)
OWNED = "kubernetes.io/cluster/render"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The example's templates, with Karpenter. tests/examples judges them."""
    return synthesize(EXAMPLE, tmp_path_factory.mktemp("elastic"), account=ACCOUNT)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """Karpenter by default, in a network without a way out, whose pods have addresses of their own."""
    text = GOOD + (
        "cluster:\n  karpenter: {}\n  nodes: {least: 1}\n"
        "  network: {nat: none, pods: {prefix: true, range: 100.64.0.0/16}}\n"
    )
    folder = write_service(tmp_path_factory.mktemp("closed-service"), text)
    return synthesize(folder, tmp_path_factory.mktemp("closed"), account=ACCOUNT)


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = write_service(tmp_path_factory.mktemp("groups-service"), GOOD + "cluster: {autoscaler: true}\n")
    return synthesize(folder, tmp_path_factory.mktemp("groups"), account=ACCOUNT)


def output(template: Synthesized, name: str) -> str:
    """With `<Id>` where CloudFormation puts a value in."""
    return spelled(template.template("cluster")["Outputs"][name]["Value"])


def spelled(value: Any) -> str:
    match value:
        case {"Fn::Join": [between, parts]}:
            return str(between).join(map(spelled, parts))
        case {"Fn::GetAtt": [key, attribute]}:
            return f"<{key}.{attribute}>"
        case {"Ref": key}:
            return f"<{key}>"
        case _:
            return str(value)


def pools(template: Synthesized) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(EC2NodeClass, NodePool) of each."""
    names = sorted(name for name in template.template("cluster")["Outputs"] if name.startswith("NodePool"))
    return [tuple(map(json.loads, output(template, name).split("\n"))) for name in names]  # type: ignore[misc]


def role_of(template: Synthesized, account: str) -> str:
    associations = template.of_type("AWS::EKS::PodIdentityAssociation").values()
    (found,) = [each for each in associations if each["ServiceAccount"] == account]
    assert found["Namespace"] == "kube-system"
    return str(found["RoleArn"]["Fn::GetAtt"][0])


def statements(template: Synthesized, account: str) -> dict[str, list[dict[str, Any]]]:
    """By action."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in template.statements_of(role_of(template, account)):
        for action in each["Action"] if isinstance(each["Action"], list) else [each["Action"]]:
            found.setdefault(action, []).append(each)
    return found


def test_nodes_of_karpenter_may_join_with_a_role_of_their_own(made: Synthesized) -> None:
    (profile,) = made.of_type("AWS::IAM::InstanceProfile").values()
    role = profile["Roles"][0]["Ref"]
    entries = made.of_type("AWS::EKS::AccessEntry").values()
    (join,) = [entry for entry in entries if entry["Type"] == "EC2_LINUX"]
    assert join["PrincipalArn"] == {"Fn::GetAtt": [role, "Arn"]}
    assert not {"AccessPolicies", "KubernetesGroups"} & join.keys()
    said = made.resources[role]["Properties"]
    assert said["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    policies = {spelled(arn).rpartition("/")[2] for arn in said["ManagedPolicyArns"]}
    assert policies == {
        "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryPullOnly",
    }  # fmt: skip


def test_karpenter_starts_and_ends_only_what_carries_the_clusters_name(made: Synthesized) -> None:
    found = statements(made, "karpenter")
    assert [action for action in found if "*" in action] == []
    (ends,) = found["ec2:TerminateInstances"]
    assert ends["Condition"]["StringEquals"] == {f"aws:ResourceTag/{OWNED}": "owned"}
    conditions = {
        spelled(resource).rpartition(":")[2]: each.get("Condition", {}).get("StringEquals", {})
        for each in found["ec2:RunInstances"]
        for resource in (each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]])
        if "CreateLaunchTemplate" in str(each["Action"]) or "launch-template" not in spelled(resource)
    }
    created = {name for name, held in conditions.items() if held.get(f"aws:RequestTag/{OWNED}") == "owned"}
    assert {"instance/*", "volume/*", "fleet/*", "network-interface/*", "launch-template/*"} <= created
    assert {name for name in conditions if name not in created} == {
        *("image/*", "snapshot/*", "subnet/*", "security-group/*", "capacity-reservation/*", "placement-group/*"),
    }
    assert all("Condition" in each for each in found["ec2:CreateTags"])


def test_karpenter_passes_on_one_role_and_makes_no_profiles(made: Synthesized) -> None:
    found = statements(made, "karpenter")
    ((profile, said),) = made.of_type("AWS::IAM::InstanceProfile").items()
    (passes,) = found["iam:PassRole"]
    assert passes["Resource"] == {"Fn::GetAtt": [said["Roles"][0]["Ref"], "Arn"]}
    assert passes["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    (reads,) = found["iam:GetInstanceProfile"]
    assert reads["Resource"] == {"Fn::GetAtt": [profile, "Arn"]}
    assert {action for action in found if action.startswith("iam:")} == {
        "iam:PassRole", "iam:GetInstanceProfile", "iam:ListInstanceProfiles",
    }  # fmt: skip


def test_a_queue_that_eventbridge_alone_fills_tells_of_interruptions(made: Synthesized) -> None:
    ((key, queue),) = made.of_type("AWS::SQS::Queue").items()
    assert (queue["SqsManagedSseEnabled"], queue["MessageRetentionPeriod"]) == (True, 300)
    rules = {
        rule: said for rule, said in made.of_type("AWS::Events::Rule").items()
        if {"Fn::GetAtt": [key, "Arn"]} in [target["Arn"] for target in said["Targets"]]
    }  # fmt: skip
    kinds = {kind for said in rules.values() for kind in said["EventPattern"]["detail-type"]}
    assert {"AWS Health Event", "EC2 Spot Instance Interruption Warning"} < kinds
    (policy,) = made.of_type("AWS::SQS::QueuePolicy").values()
    allows = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
    assert [each["Principal"] for each in allows] == [{"Service": "events.amazonaws.com"}]
    sources = allows[0]["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {source["Fn::GetAtt"][0] for source in sources} == set(rules)
    (reads,) = statements(made, "karpenter")["sqs:ReceiveMessage"]
    assert reads["Resource"] == {"Fn::GetAtt": [key, "Arn"]}
    assert f"settings.interruptionQueue=<{key}.QueueName>" in output(made, "InstallKarpenter")


def test_pools_are_what_the_definition_says(made: Synthesized) -> None:
    (general, wide), (_, batch), (_, arm) = pools(made)
    assert (general["kind"], wide["kind"]) == ("EC2NodeClass", "NodePool")
    assert wide["spec"]["template"]["spec"]["nodeClassRef"]["name"] == general["metadata"]["name"] == "general"
    assert wide["spec"]["limits"] == {"cpu": 64, "memory": "256Gi"}
    said = {each["key"]: each["values"] for each in wide["spec"]["template"]["spec"]["requirements"]}
    assert said["karpenter.k8s.aws/instance-family"] == ["m6i", "m7i", "m7a"]
    assert said["karpenter.sh/capacity-type"] == ["on-demand"]
    template = batch["spec"]["template"]
    assert template["metadata"]["labels"] == {"tier": "batch"}
    assert template["spec"]["taints"] == [{"key": "tier", "value": "batch", "effect": "NoSchedule"}]
    assert template["spec"]["expireAfter"] == "10080m"
    said = {each["key"]: (each["operator"], each["values"]) for each in template["spec"]["requirements"]}
    assert said["karpenter.sh/capacity-type"] == ("In", ["spot", "on-demand"])
    assert said["karpenter.k8s.aws/instance-category"] == ("In", ["c", "m", "r"])
    assert said["karpenter.k8s.aws/instance-generation"] == ("Gt", ["5"])
    said = {each["key"]: each["values"] for each in arm["spec"]["template"]["spec"]["requirements"]}
    assert (said["kubernetes.io/arch"], said["node.kubernetes.io/instance-type"]) == (
        ["arm64"], ["m7g.large", "m7g.xlarge"],
    )  # fmt: skip


def test_machines_of_pools_are_in_the_private_subnets_encrypted_and_keep_their_role_to_themselves(
    made: Synthesized,
) -> None:
    (group,) = made.of_type("AWS::EKS::Nodegroup").values()
    (profile,) = made.of_type("AWS::IAM::InstanceProfile")
    for node_class, _ in pools(made):
        spec = node_class["spec"]
        assert [term["id"] for term in spec["subnetSelectorTerms"]] == [f"<{each['Ref']}>" for each in group["Subnets"]]
        assert spec["instanceProfile"] == f"<{profile}>"
        assert "role" not in spec
        assert spec["metadataOptions"] == {"httpTokens": "required", "httpPutResponseHopLimit": 1}
        assert all(disk["ebs"]["encrypted"] for disk in spec["blockDeviceMappings"])
    _, (bottlerocket, _), _ = pools(made)
    disks = [(disk["deviceName"], disk["ebs"]["volumeSize"]) for disk in bottlerocket["spec"]["blockDeviceMappings"]]
    assert disks == [("/dev/xvda", "4Gi"), ("/dev/xvdb", "100Gi")]


def test_karpenter_is_told_of_the_network(made: Synthesized, closed: Synthesized) -> None:
    said = output(closed, "InstallKarpenter")
    for setting in ("settings.isolatedVPC=true", "settings.reservedENIs=1", "replicas=1"):
        assert setting in said
        assert setting not in output(made, "InstallKarpenter")
    ((node_class, pool),) = pools(closed)
    assert node_class["spec"]["kubelet"] == {"maxPods": 110}
    assert pool["metadata"]["name"] == "default"
    services = {
        spelled(item["ServiceName"]).split(".", 3)[-1] for item in closed.of_type("AWS::EC2::VPCEndpoint").values()
    }
    assert {"sqs", "ssm", "eks", "eks-auth"} <= services


def test_the_autoscaler_changes_groups_of_this_cluster_alone(groups: Synthesized, service: Service) -> None:
    found = statements(groups, "cluster-autoscaler")
    (changes,) = found["autoscaling:SetDesiredCapacity"]
    assert changes["Condition"]["StringEquals"] == {
        "aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true",
        "aws:ResourceTag/k8s.io/cluster-autoscaler/shop": "owned",
    }
    (asks,) = found["eks:DescribeNodegroup"]
    assert spelled(asks["Resource"]).endswith(":nodegroup/shop/*")
    assert [action for action in found if "*" in action] == []
    assert "autoDiscovery.clusterName=shop" in output(groups, "InstallAutoscaler")
    assert {item["AddonName"] for item in groups.of_type("AWS::EKS::Addon").values()} == {"eks-pod-identity-agent"}
    made = load(service(GOOD + "cluster: {autoscaler: true, network: {nat: none}}\n"))
    assert {"autoscaling", "eks", "eks-auth"} <= set(endpoints(made))


def test_a_cluster_that_asks_for_neither_gets_neither(sample: Synthesized) -> None:
    cluster = load(CHECKOUT).cluster
    assert isinstance(cluster, ClusterPlan)
    assert (cluster.scaling.karpenter, cluster.scaling.autoscaler) == (False, False)
    assert not sample.of_type("AWS::SQS::Queue")
    assert not sample.of_type("AWS::IAM::InstanceProfile")


def test_explain_and_cost_tell_of_them(service: Service) -> None:
    told = "\n".join(explain(load(EXAMPLE)))
    for part in ("node pool batch: amd64 of m, c and r, spot where there is some, up to 200 vCPUs", "ApplyNodePools"):
        assert part in told
    assert "InstallAutoscaler" in "\n".join(explain(load(service(GOOD + "cluster: {autoscaler: true}\n"))))
    assert (
        "the machines that Karpenter starts, which come with the pods"
        in estimate(load(EXAMPLE), read(), ASSUMED).not_counted
    )


def cluster(*lines: str) -> str:
    return GOOD + "cluster:\n" + "".join(f"  {line}\n" for line in lines)


def pool(said: str) -> str:
    return cluster(f"karpenter: {{pools: {{a: {{{said}}}}}}}")


# (the file, where the error is, what it says)
CASES = {
    "karpenter beside auto mode": (cluster("compute: auto", "karpenter: {}"), (6, 14), "starts and replaces machines"),
    "the autoscaler beside auto mode": (
        cluster("compute: auto", "autoscaler: true"), (6, 15), "or `compute: auto` out",
    ),
    "both": (cluster("karpenter: {}", "autoscaler: true"), (6, 15), "keep one of"),
    "karpenter without a node of another's": (
        cluster("karpenter: {}", "nodes: {a: {least: 0}}"), (6, 10), "no node is there",
    ),
    "no pool": (cluster("karpenter: {pools: {}}"), (5, 22), "write one item"),
    "families and types": (pool("families: [m7i], types: [m7i.large]"), (5, 37), "exclude each other"),
    "a family twice": (pool("families: [m7i, m7i]"), (5, 43), "once is enough"),
    "a type as a family": (pool("families: [m7i.large]"), (5, 38), "a family of EC2 instance types"),
    "two processors": (pool("types: [m7i.large, m7g.large], taints: [{key: a}]"), (5, 34), "a pool of each"),
    "a processor that it has not": (
        pool("families: [m7g], architecture: amd64, taints: [{key: a}]"), (5, 58), "what `families` names is arm64",
    ),
    "arm64 for images of amd64": (pool("architecture: arm64"), (5, 26), "for arm64 tolerate"),
    "a label of Karpenter's": (pool("labels: {karpenter.sh/nodepool: b}"), (5, 59), "keeps labels of karpenter.sh"),
    "a label of EKS's": (pool("labels: {eks.amazonaws.com/x: b}"), (5, 57), "EKS keeps labels"),
    "types that take no prefixes": (
        cluster("network: {pods: {prefix: true}}", "karpenter: {pools: {a: {families: [m4]}}}"),
        (6, 38), "not of the Nitro types",
    ),
    "no processors at all": (pool("cpus: 0"), (5, 33), "1"),
    "memory without a unit": (pool("memory: '20'"), (5, 35), "20Gi"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_would_not_work_is_refused_with_its_line(service: Service, case: str) -> None:
    text, where, said = CASES[case]
    found = [
        (problem.line, problem.column, f"{problem.wrong}; {problem.remedy}") for problem in problems(service(text))
    ]
    assert [(line, column) for line, column, _ in found] == [where], found
    assert said in found[0][2]
