"""What a definition chooses of its cluster: machines, people, protection, and what namespaces hold their pods to."""

import json
from typing import Any

import pytest

HEAD = "name: store\nsource: codecommit\nenvironments: [dev, prod]\n"
ROLE = "arn:aws:iam::123456789012:role/{}"


@pytest.fixture
def made(synthesize_again: Any, service: Any) -> Any:
    """The templates of a definition; cdk-nag finds nothing in them."""
    return lambda text: synthesize_again(service(text), nag=True)


def managed(role: dict[str, Any]) -> set[str]:
    return {json.dumps(arn).rpartition("/")[2].rstrip('"]}') for arn in role["ManagedPolicyArns"]}


GROUPS = """\
cluster:
  nodes:
    general: {}
    spot:
      types: [m6i.large, m5.large]
      spot: true
      least: 0
      most: 10
      unavailable: 3
      labels: {tier: batch}
      taints: [{key: tier, value: batch, effect: NoExecute}]
    small-arm: {type: t4g.medium, image: bottlerocket, disk: 80, taints: [{key: arch, value: arm64}]}
"""


def test_groups_of_nodes_are_what_the_definition_says(made: Any) -> None:
    found = made(HEAD + GROUPS).of_type("AWS::EKS::Nodegroup")
    general, spot, arm = (found[key] for key in sorted(found, key=lambda key: list(found).index(key)))
    assert (general["InstanceTypes"], general["CapacityType"]) == (["m6i.large"], "ON_DEMAND")
    assert [each["AmiType"] for each in (general, spot, arm)] == [
        "AL2023_x86_64_STANDARD", "AL2023_x86_64_STANDARD", "BOTTLEROCKET_ARM_64",
    ]  # fmt: skip
    assert (spot["InstanceTypes"], spot["CapacityType"]) == (["m6i.large", "m5.large"], "SPOT")
    assert spot["ScalingConfig"] == {"MinSize": 0, "DesiredSize": 0, "MaxSize": 10}
    assert spot["UpdateConfig"] == {"MaxUnavailable": 3}
    assert spot["Labels"] == {"tier": "batch"}
    assert spot["Taints"] == [{"Key": "tier", "Value": "batch", "Effect": "NO_EXECUTE"}]
    assert arm["Taints"] == [{"Key": "arch", "Value": "arm64", "Effect": "NO_SCHEDULE"}]
    assert not any("DiskSize" in each or "NodegroupName" in each for each in found.values())


def test_machines_of_groups_have_encrypted_disks_and_keep_their_role_to_themselves(made: Any) -> None:
    template = made(HEAD + GROUPS)
    launches = {key: item["LaunchTemplateData"] for key, item in template.of_type("AWS::EC2::LaunchTemplate").items()}
    used = [group["LaunchTemplate"]["Id"]["Ref"] for group in template.of_type("AWS::EKS::Nodegroup").values()]
    assert sorted(used) == sorted(launches)
    for data in launches.values():
        assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
        assert all(disk["Ebs"]["Encrypted"] for disk in data["BlockDeviceMappings"])
        assert {disk["Ebs"]["VolumeType"] for disk in data["BlockDeviceMappings"]} == {"gp3"}
    sizes = [
        [(disk["DeviceName"], disk["Ebs"].get("VolumeSize")) for disk in launches[key]["BlockDeviceMappings"]]
        for key in used
    ]
    assert sizes == [[("/dev/xvda", 50)], [("/dev/xvda", 50)], [("/dev/xvda", None), ("/dev/xvdb", 80)]]


def test_auto_mode_is_on_as_a_whole(made: Any) -> None:
    template = made(HEAD + "cluster: {compute: auto}\n")
    (cluster,) = template.of_type("AWS::EKS::Cluster").values()
    compute = cluster["ComputeConfig"]
    assert (compute["Enabled"], compute["NodePools"]) == (True, ["system", "general-purpose"])
    assert cluster["KubernetesNetworkConfig"]["ElasticLoadBalancing"] == {"Enabled": True}
    assert cluster["StorageConfig"] == {"BlockStorage": {"Enabled": True}}
    assert cluster["BootstrapSelfManagedAddons"] is False
    assert not template.of_type("AWS::EKS::Nodegroup")
    assert not template.of_type("AWS::EKS::Addon")
    roles = template.of_type("AWS::IAM::Role")
    node = roles[compute["NodeRoleArn"]["Fn::GetAtt"][0]]
    assert managed(node) == {"AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"}
    assert managed(roles[cluster["RoleArn"]["Fn::GetAtt"][0]]) == {
        "AmazonEKSClusterPolicy", "AmazonEKSComputePolicy", "AmazonEKSBlockStoragePolicy",
        "AmazonEKSLoadBalancingPolicy", "AmazonEKSNetworkingPolicy",
    }  # fmt: skip


def test_people_get_one_entry_each_with_the_rights_they_have_where(made: Any) -> None:
    developers, auditors = ROLE.format("developers"), ROLE.format("auditors")
    text = HEAD + (
        f"cluster:\n  people:\n    - {{role: {developers}, can: edit, in: [dev]}}\n"
        f"    - {{role: {developers}, in: [prod]}}\n    - {{role: {auditors}}}\n"
    )
    entries = {
        entry["PrincipalArn"]: {
            json.dumps(policy["PolicyArn"]).rpartition("/")[2].rstrip('"]}'): policy["AccessScope"]
            for policy in entry["AccessPolicies"]
        }
        for entry in made(text).of_type("AWS::EKS::AccessEntry").values()
        if isinstance(entry["PrincipalArn"], str)
    }
    assert entries == {
        developers: {
            "AmazonEKSViewPolicy": {"Type": "namespace", "Namespaces": ["store-prod"]},
            "AmazonEKSEditPolicy": {"Type": "namespace", "Namespaces": ["store-dev"]},
        },
        auditors: {"AmazonEKSViewPolicy": {"Type": "namespace", "Namespaces": ["store-dev", "store-prod"]}},
    }


def test_an_entry_stays_itself_when_the_list_changes(made: Any) -> None:
    def entries(*names: str) -> dict[str, str]:
        people = ", ".join(f"{{role: {ROLE.format(name)}}}" for name in names)
        found = made(HEAD + f"cluster: {{people: [{people}]}}\n").of_type("AWS::EKS::AccessEntry")
        return {key: item["PrincipalArn"] for key, item in found.items() if isinstance(item["PrincipalArn"], str)}

    both, one = entries("ann", "ben"), entries("ben")
    assert len(both) == 2
    assert one.items() <= both.items()


INSIDE = "name: store\nsource: codecommit\nenvironments: [{name: dev, verify: buildspec/verify.yaml}]\n"


def test_what_reaches_a_restricted_endpoint_runs_in_the_clusters_network(synthesize_again: Any, service: Any) -> None:
    folder = service(INSIDE + "cluster: {endpoint: {public_from: [203.0.113.0/24, 198.51.100.7/32]}}\n")
    (folder / "buildspec").mkdir()
    (folder / "buildspec" / "verify.yaml").touch()
    template = synthesize_again(folder, nag=True)
    (cluster,) = template.of_type("AWS::EKS::Cluster").values()
    assert cluster["ResourcesVpcConfig"]["PublicAccessCidrs"] == ["203.0.113.0/24", "198.51.100.7/32"]
    assert cluster["ResourcesVpcConfig"]["EndpointPrivateAccess"] is True
    reaching = {entry["PrincipalArn"]["Fn::GetAtt"][0] for entry in template.of_type("AWS::EKS::AccessEntry").values()}
    placed = {
        item[key]["Fn::GetAtt"][0]
        for kind, key in (("AWS::Lambda::Function", "Role"), ("AWS::CodeBuild::Project", "ServiceRole"))
        for item in template.of_type(kind).values()
        if "VpcConfig" in item
    }
    assert len(placed) == 3
    assert placed == reaching


def test_the_control_plane_lets_in_what_was_placed_there(synthesize_again: Any, service: Any) -> None:
    template = synthesize_again(service(HEAD + "cluster: {endpoint: {public_from: [203.0.113.0/24]}}\n"))
    ((rule, ingress),) = template.of_type("AWS::EC2::SecurityGroupIngress").items()
    assert (ingress["FromPort"], ingress["ToPort"], ingress["IpProtocol"]) == (443, 443, "tcp")
    (cluster,) = template.of_type("AWS::EKS::Cluster").values()
    assert ingress["GroupId"] in cluster["ResourcesVpcConfig"]["SecurityGroupIds"]
    functions = template.of_type("AWS::Lambda::Function").values()
    (namespaces,) = [each for each in functions if each["FunctionName"] == "store-namespaces"]
    assert namespaces["VpcConfig"]["SecurityGroupIds"] == [ingress["SourceSecurityGroupId"]]
    ((key, _made),) = template.of_type("Custom::Namespaces").items()
    waits = template.resources[key]["DependsOn"]
    assert rule in waits
    assert sum(template.resources[item]["Type"] == "AWS::EC2::Route" for item in waits) == 3


def test_the_delivery_stack_reads_the_network_as_the_cluster_stack_says_it(synthesize_again: Any, service: Any) -> None:
    template = synthesize_again(service(HEAD + "cluster: {endpoint: {public_from: [203.0.113.0/24]}}\n"))
    said = {item["Name"]: item["Type"] for item in template.of_type("AWS::SSM::Parameter").values()}
    read = {
        item["Default"]: item["Type"]
        for key, item in template.template("delivery")["Parameters"].items()
        if key.startswith("Cluster")
    }
    assert {name: "List" in kind for name, kind in read.items()} == {
        name: kind == "StringList" for name, kind in said.items() if not name.endswith("/vpc")
    }
    assert len(read) == 2  # the third is of builds
    assert "Fn::ImportValue" not in json.dumps(template.resources)


def test_functions_may_not_use_the_rights_by_which_lambda_places_them(synthesize_again: Any, service: Any) -> None:
    template = synthesize_again(service(HEAD + "cluster: {endpoint: {public_from: [203.0.113.0/24]}}\n"))
    for function in template.of_type("AWS::Lambda::Function").values():
        if "VpcConfig" not in function:
            continue
        statements = template.statements_of(function["Role"]["Fn::GetAtt"][0])
        network = [item for item in statements if "ec2:CreateNetworkInterface" in item["Action"]]
        assert [item["Effect"] for item in network] == ["Allow", "Deny"]
        assert {each for each in network[0]["Action"] if each.startswith("ec2:")} == set(network[1]["Action"])
        own = network[1]["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
        assert json.dumps(own).endswith(f':function:{function["FunctionName"]}"]]}}')


def test_an_open_endpoint_needs_no_network_for_functions(sample: Any) -> None:
    functions = sample.of_type("AWS::Lambda::Function").values()
    assert not [each["FunctionName"] for each in functions if "VpcConfig" in each]


def test_logs_protection_and_support_are_said_only_when_they_are_written(made: Any, sample: Any) -> None:
    (as_it_is,) = sample.of_type("AWS::EKS::Cluster").values()
    assert not {"DeletionProtection", "UpgradePolicy"} & as_it_is.keys()
    text = HEAD + "cluster: {logs: [audit, api], protection: true, support: standard, version: '1.35'}\n"
    (cluster,) = made(text).of_type("AWS::EKS::Cluster").values()
    assert cluster["Logging"]["ClusterLogging"]["EnabledTypes"] == [{"Type": "audit"}, {"Type": "api"}]
    assert cluster["DeletionProtection"] is True
    assert cluster["UpgradePolicy"] == {"SupportType": "STANDARD"}
    (cluster,) = made(HEAD + "cluster: {logs: [], protection: false}\n").of_type("AWS::EKS::Cluster").values()
    assert cluster["Logging"]["ClusterLogging"]["EnabledTypes"] == []
    assert cluster["DeletionProtection"] is False


RULED = """\
name: store
source: codecommit
environments:
  - dev
  - {name: prod, pod_security: restricted, quota: {cpu: "10", memory: 20Gi, pods: 50}, isolate: true}
"""


def test_namespaces_are_told_what_their_pods_are_held_to(made: Any) -> None:
    (namespaces,) = made(RULED).of_type("Custom::Namespaces").values()
    assert namespaces["Namespaces"] == [
        {"Name": "store-dev", "Environment": "dev"},
        {
            "Name": "store-prod",
            "Environment": "prod",
            "PodSecurity": {"Level": "restricted", "Version": "v1.36"},
            "Quota": {"cpu": "10", "memory": "20Gi", "pods": "50"},
            "Isolate": "true",
        },
    ]


def test_in_a_cluster_that_is_there_pods_are_held_to_its_own_version(made: Any) -> None:
    template = made(RULED + "cluster: {existing: platform}\n")
    (namespaces,) = template.of_type("Custom::Namespaces").values()
    assert namespaces["Namespaces"][1]["PodSecurity"] == {"Level": "restricted", "Version": "latest"}
    assert not template.of_type("AWS::EKS::Addon")
    assert "NetworkPolicyController" not in namespaces


def test_isolation_is_enforced_by_what_the_cluster_has(made: Any) -> None:
    template = made(RULED)
    (addon,) = template.of_type("AWS::EKS::Addon").values()
    assert addon["AddonName"] == "vpc-cni"
    assert json.loads(addon["ConfigurationValues"]) == {"enableNetworkPolicy": "true"}
    assert (addon["ResolveConflicts"], addon["PreserveOnDelete"]) == ("OVERWRITE", True)
    (namespaces,) = template.of_type("Custom::Namespaces").values()
    assert "NetworkPolicyController" not in namespaces
    template = made(RULED + "cluster: {compute: auto}\n")
    assert not template.of_type("AWS::EKS::Addon")
    (namespaces,) = template.of_type("Custom::Namespaces").values()
    assert namespaces["NetworkPolicyController"] == "true"


def test_what_is_chosen_is_explained(service: Any) -> None:
    from pipeline.config import explain, load

    text = RULED + f"cluster:\n  people: [{{role: {ROLE.format('ops')}, can: admin}}]\n" + GROUPS.partition("\n")[2]
    lines = explain(load(service(text)))
    assert "  its pods keep to: the Pod Security Standard restricted" in lines
    assert "  its pods may ask for: 10 cpu, 20Gi memory, 50 pods" in lines
    assert f"  {ROLE.format('ops')} may administer what is in store-dev, store-prod" in lines
    assert any("0 to 10 m6i.large/m5.large spot nodes (spot)" in line for line in lines)
