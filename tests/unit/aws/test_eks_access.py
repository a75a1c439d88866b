"""Access entries as EKS keeps them, and as the Kubernetes side reads them."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.aws.eks import access, cluster, members
from local.aws.eks.model import AccessPolicy, EksError
from local.aws.eks.registry import Registry

ROLE = "arn:aws:iam::123456789012:role/path/deployer"
OWNER = "arn:aws:iam::123456789012:root"
EDIT = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"


class Network:
    def describe_subnets(self, SubnetIds: list[str]) -> dict[str, Any]:  # noqa: N803
        return {"Subnets": [{"VpcId": "vpc-1"}]}

    def create_security_group(self, **said: Any) -> dict[str, Any]:
        return {"GroupId": "sg-1"}

    def delete_security_group(self, GroupId: str) -> None:  # noqa: N803
        assert GroupId == "sg-1"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    authority = tmp_path / "ca.crt"
    authority.write_text("PEM")
    aws = SimpleNamespace(
        home=SimpleNamespace(kube_url="https://127.0.0.1:6443", kube_ca=authority),
        region="us-east-1",
        client=lambda service: Network(),
        arn=lambda service, resource: f"arn:aws:{service}:us-east-1:123456789012:{resource}",
    )
    made = Registry(aws)  # type: ignore[arg-type]
    make(made, bootstrapClusterCreatorAdminPermissions=False)
    return made


def make(registry: Registry, name: str = "shop", **configured: Any) -> dict[str, Any]:
    said = {
        "name": name,
        "roleArn": ROLE,
        "resourcesVpcConfig": {"subnetIds": ["subnet-1"]},
        "accessConfig": {"authenticationMode": "API", **configured},
    }
    return cluster.create(registry, said, OWNER)["cluster"]


def entry(registry: Registry, **more: Any) -> dict[str, Any]:
    return access.create(registry, {"clusterName": "shop", "principalArn": ROLE, **more}, OWNER)["accessEntry"]


def associate(registry: Registry, **scope: Any) -> None:
    said = {"clusterName": "shop", "principalArn": ROLE, "policyArn": EDIT, "accessScope": scope}
    access.associate(registry, said, OWNER)


def test_a_cluster_says_the_nodes_address_and_authority(registry: Registry) -> None:
    shown = cluster.describe(registry, {"name": "shop"}, OWNER)["cluster"]
    assert (shown["endpoint"], shown["status"]) == ("https://127.0.0.1:6443", "ACTIVE")
    assert shown["certificateAuthority"]["data"] == "UEVN"
    assert shown["resourcesVpcConfig"]["clusterSecurityGroupId"] == "sg-1"


def test_the_creator_is_an_administrator_unless_told_otherwise(registry: Registry) -> None:
    assert registry.access_entries("shop") == []
    make(registry, "other", bootstrapClusterCreatorAdminPermissions=True)
    (found,) = registry.access_entries("other")
    assert (found.principal_arn, found.policies[0].name) == (OWNER, "AmazonEKSClusterAdminPolicy")


def test_a_roles_username_tells_its_sessions_apart_and_leaves_the_path_out(registry: Registry) -> None:
    assert entry(registry)["username"] == "arn:aws:sts::123456789012:assumed-role/deployer/{{SessionName}}"


def test_an_entry_is_read_with_its_policies_and_listeners_hear_of_it(registry: Registry) -> None:
    heard: list[str] = []
    registry.listeners.append(heard.append)
    entry(registry, kubernetesGroups=["team"])
    associate(registry, type="namespace", namespaces=["shop-dev"])
    (found,) = registry.access_entries("shop")
    assert found.groups == ("team",)
    assert found.policies == (AccessPolicy(EDIT, "namespace", ("shop-dev",)),)
    access.delete(registry, {"clusterName": "shop", "principalArn": ROLE}, OWNER)
    assert registry.access_entries("shop") == []
    assert heard == ["shop"] * 3


def test_a_second_entry_of_one_principal_is_refused(registry: Registry) -> None:
    entry(registry)
    with pytest.raises(EksError, match="already in use"):
        entry(registry)


@pytest.mark.parametrize(
    ("scope", "policy", "said"),
    [
        ({"type": "namespace"}, EDIT, "at least one namespace"),
        ({"type": "cluster"}, "arn:aws:iam::aws:policy/AdministratorAccess", "format is not valid"),
        ({"type": "cluster"}, EDIT.replace("Edit", "Nothing"), "the local AWS has"),
    ],
)
def test_a_policy_that_eks_does_not_have_is_refused(registry: Registry, scope: Any, policy: str, said: str) -> None:
    entry(registry)
    wanted = {"clusterName": "shop", "principalArn": ROLE, "policyArn": policy, "accessScope": scope}
    with pytest.raises(EksError, match=said):
        access.associate(registry, wanted, OWNER)


def test_groups_that_kubernetes_keeps_to_itself_are_refused(registry: Registry) -> None:
    with pytest.raises(EksError, match="cannot start with system:"):
        entry(registry, kubernetesGroups=["system:masters"])


def test_a_node_group_gives_its_role_a_node_entry_and_holds_its_cluster(registry: Registry) -> None:
    group = {"clusterName": "shop", "nodegroupName": "n", "nodeRole": ROLE, "subnets": []}
    members.create_nodegroup(registry, group, OWNER)
    (found,) = registry.access_entries("shop")
    assert (found.type, found.groups) == ("EC2_LINUX", ("system:nodes",))
    with pytest.raises(EksError, match="nodegroups attached"):
        cluster.delete(registry, {"name": "shop"}, OWNER)
    members.delete_nodegroup(registry, group, OWNER)
    cluster.delete(registry, {"name": "shop"}, OWNER)
    with pytest.raises(EksError, match="No cluster found for name: shop"):
        registry.get("shop")
