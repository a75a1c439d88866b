"""A cluster's updates: each setting that CloudFormation may change is told to EKS, in the calls that EKS takes."""

from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from local.aws.cloudformation.resource import Deployed, Desired
from local.aws.cloudformation.types.eks import Cluster

CLUSTER = "AWS::EKS::Cluster"
BEFORE = {
    "Name": "shop",
    "ComputeConfig": {"Enabled": False},
    "KubernetesNetworkConfig": {"IpFamily": "ipv4", "ElasticLoadBalancing": {"Enabled": False}},
    "StorageConfig": {"BlockStorage": {"Enabled": False}},
    "DeletionProtection": True,
}


class Eks:
    """EKS's clusters; the shapes of arguments are the real client's."""

    def __init__(self) -> None:
        real = boto3.client("eks", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        self.meta = real.meta
        self.updates: list[dict[str, Any]] = []

    def update_cluster_config(self, **given: Any) -> None:
        self.updates.append({key: value for key, value in given.items() if key != "name"})

    def describe_cluster(self, name: str) -> dict[str, Any]:
        return {
            "cluster": {
                "name": name,
                "arn": "arn",
                "endpoint": "https://x",
                "certificateAuthority": {"data": ""},
                "resourcesVpcConfig": {},
                "identity": {"oidc": {"issuer": ""}},
            }
        }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"DeletionProtection": False}, [{"deletionProtection": False}]),
        (
            {"ComputeConfig": {"Enabled": True, "NodePools": ["system"]}},
            [
                {
                    "computeConfig": {"enabled": True, "nodePools": ["system"]},
                    "kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": False}},
                    "storageConfig": {"blockStorage": {"enabled": False}},
                }
            ],
        ),
    ],
)
def test_what_changes_is_told(change: dict[str, Any], told: list[dict[str, Any]]) -> None:
    eks = Eks()
    aws: Any = SimpleNamespace(client=lambda service: eks)
    desired = Desired("Cluster", CLUSTER, {**BEFORE, **change}, "stack", "shop", "shop")
    Cluster(aws).update(Deployed("Cluster", CLUSTER, "shop", BEFORE, {}, None), desired)
    assert eks.updates == told
