"""The cluster stack."""

import json
from typing import Any


def test_network_spans_three_zones_without_an_account(synthesized: Any) -> None:
    subnets = synthesized.of_type("AWS::EC2::Subnet").values()
    zones = [json.dumps(subnet["AvailabilityZone"]) for subnet in subnets]
    assert sorted(zones) == sorted(
        json.dumps({"Fn::Select": [index, {"Fn::GetAZs": ""}]}) for index in (0, 1, 2) for _ in range(2)
    )


def test_subnets_tell_load_balancers_which_they_are(synthesized: Any) -> None:
    found = []
    for subnet in synthesized.of_type("AWS::EC2::Subnet").values():
        tags = {tag["Key"]: tag["Value"] for tag in subnet["Tags"]}
        role = [key for key in tags if key.startswith("kubernetes.io/role/")]
        assert [tags[key] for key in role] == ["1"]
        found.append((tags["aws-cdk:subnet-type"], *role))
    assert (
        sorted(found)
        == [("Private", "kubernetes.io/role/internal-elb")] * 3 + [("Public", "kubernetes.io/role/elb")] * 3
    )


def test_cluster_authenticates_by_its_api_and_logs_everything(sample: Any) -> None:
    (cluster,) = sample.of_type("AWS::EKS::Cluster").values()
    assert (cluster["Name"], cluster["Version"]) == ("shop", "1.36")
    assert cluster["AccessConfig"]["AuthenticationMode"] == "API"
    enabled = [item["Type"] for item in cluster["Logging"]["ClusterLogging"]["EnabledTypes"]]
    assert sorted(enabled) == ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    assert cluster["EncryptionConfig"][0]["Resources"] == ["secrets"]
    assert len(cluster["ResourcesVpcConfig"]["SubnetIds"]) == 3


def test_nodes_are_a_managed_group_in_private_subnets(sample: Any) -> None:
    (nodes,) = sample.of_type("AWS::EKS::Nodegroup").values()
    assert len(nodes["Subnets"]) == 3
    assert (nodes["ScalingConfig"]["MinSize"], nodes["ScalingConfig"]["MaxSize"]) == (2, 4)
    assert nodes["AmiType"] == "AL2023_x86_64_STANDARD"


def test_in_a_cluster_that_is_there_only_the_namespaces_are_made(synthesize_again: Any, service: Any) -> None:
    text = "name: store\nsource: codecommit\nenvironments: [dev, prod]\ncluster: {existing: platform}\n"
    made = synthesize_again(service(text), nag=True)
    assert not [kind for kind in ("AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::EC2::VPC") if made.of_type(kind)]
    entries = made.of_type("AWS::EKS::AccessEntry").values()
    assert {entry["ClusterName"] for entry in entries} == {"platform"}
    (namespaces,) = made.of_type("Custom::Namespaces").values()
    assert namespaces["ClusterName"] == "platform"
    functions = made.of_type("AWS::Lambda::Function").values()
    told = [json.dumps(each["Environment"]) for each in functions if each["FunctionName"].startswith("store-deploy-")]
    assert len(told) == 2
    assert all('\\"cluster\\":{\\"name\\":\\"platform\\"' in each for each in told)


def test_only_the_namespaces_function_administers_the_cluster(synthesized: Any) -> None:
    entries = synthesized.of_type("AWS::EKS::AccessEntry").values()
    admins = [entry for entry in entries if "ClusterAdmin" in json.dumps(entry)]
    (function,) = [
        f for f in synthesized.of_type("AWS::Lambda::Function").values() if f["FunctionName"].endswith("-namespaces")
    ]
    assert [admin["PrincipalArn"] for admin in admins] == [function["Role"]]
    assert function["Handler"] == "namespaces.handler.handle"


def test_namespaces_are_made_after_the_functions_access(sample: Any) -> None:
    ((key, made),) = sample.of_type("Custom::Namespaces").items()
    assert made["Namespaces"] == [
        {"Name": f"shop-{environment}", "Environment": environment} for environment in ("dev", "staging", "prod")
    ]
    waits = sample.resources[key]["DependsOn"]
    assert any(sample.resources[item]["Type"] == "AWS::EKS::AccessEntry" for item in waits)


def test_stacks_share_nothing_that_would_tie_their_updates(synthesized: Any) -> None:
    assert "Fn::ImportValue" not in json.dumps(synthesized.resources)


def test_the_delivery_stack_is_deployed_after_the_cluster(sample: Any) -> None:
    manifest = json.loads((sample.folder / "manifest.json").read_text())
    assert "shop-cluster" in manifest["artifacts"]["shop-delivery"]["dependencies"]
