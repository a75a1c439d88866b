"""Fargate profiles as EKS keeps them."""

from typing import Any

import pytest

from local.aws.eks import access, cluster, fargate
from local.aws.eks.model import EksError
from local.aws.eks.registry import Registry
from tests.unit.aws.test_eks_access import registry  # noqa: F401 - a fixture

ROLE = "arn:aws:iam::123456789012:role/pods"
OWNER = "arn:aws:iam::123456789012:root"
PROFILE: dict[str, Any] = {
    "clusterName": "shop",
    "fargateProfileName": "dev",
    "podExecutionRoleArn": ROLE,
    "subnets": ["subnet-1"],
    "selectors": [{"namespace": "shop-dev"}],
}
WHICH = {"clusterName": "shop", "fargateProfileName": "dev"}


def test_a_profile_is_kept_with_an_entry_for_its_machines(registry: Registry) -> None:  # noqa: F811
    made = fargate.create(registry, PROFILE, OWNER)["fargateProfile"]
    assert (made["status"], made["selectors"]) == ("ACTIVE", [{"namespace": "shop-dev"}])
    assert fargate.describe(registry, WHICH, OWNER)["fargateProfile"] == made
    assert fargate.list_all(registry, WHICH, OWNER) == {"fargateProfileNames": ["dev"]}
    entry = access.describe(registry, {"clusterName": "shop", "principalArn": ROLE}, OWNER)["accessEntry"]
    assert entry["type"] == "FARGATE_LINUX"


def test_a_second_of_one_name_is_refused_and_so_is_one_that_takes_nothing(registry: Registry) -> None:  # noqa: F811
    fargate.create(registry, PROFILE, OWNER)
    with pytest.raises(EksError, match="already exists"):
        fargate.create(registry, PROFILE, OWNER)
    with pytest.raises(EksError, match="has 0 selectors"):
        fargate.create(registry, PROFILE | {"fargateProfileName": "none", "selectors": []}, OWNER)


def test_a_cluster_goes_after_its_profiles(registry: Registry) -> None:  # noqa: F811
    fargate.create(registry, PROFILE, OWNER)
    with pytest.raises(EksError, match="fargate profiles attached"):
        cluster.delete(registry, {"name": "shop"}, OWNER)
    assert fargate.delete(registry, WHICH, OWNER)["fargateProfile"]["status"] == "DELETING"
    with pytest.raises(EksError, match="No Fargate Profile found"):
        fargate.describe(registry, WHICH, OWNER)
    cluster.delete(registry, {"name": "shop"}, OWNER)
