"""Add-ons of a local cluster: what they say is kept, and the pod identities that they own come and go with them."""

from types import SimpleNamespace
from typing import Any

import pytest

from local.aws.eks import addons, members
from local.aws.eks.model import Cluster, EksError
from local.aws.eks.registry import Registry

CALLER = "arn:aws:iam::123456789012:role/caller"
ROLE = "arn:aws:iam::123456789012:role/driver"
DRIVER = {
    "clusterName": "shop",
    "addonName": "aws-ebs-csi-driver",
    "addonVersion": "v1.60.1-eksbuild.1",
    "configurationValues": "{}",
    "podIdentityAssociations": [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": ROLE}],
}


@pytest.fixture
def registry() -> Registry:
    aws: Any = SimpleNamespace(arn=lambda service, resource: f"arn:aws:{service}:us-east-1:123456789012:{resource}")
    return Registry(aws, {"shop": Cluster({"name": "shop"}, creator_is_admin=False)})


def identities(registry: Registry) -> list[tuple[str, str, str]]:
    found = members.list_identities(registry, {"clusterName": "shop"}, CALLER)["associations"]
    return [(each["namespace"], each["serviceAccount"], each["roleArn"]) for each in found]


def test_an_addon_owns_the_identities_that_it_names(registry: Registry) -> None:
    made = addons.create(registry, DRIVER, CALLER)["addon"]
    assert addons.describe(registry, DRIVER, CALLER)["addon"]["addonVersion"] == "v1.60.1-eksbuild.1"
    assert identities(registry) == [("kube-system", "ebs-csi-controller-sa", ROLE)]
    (arn,) = made["podIdentityAssociations"]
    identifier = arn.rpartition("/")[2]
    with pytest.raises(EksError, match="owned by the addon"):
        members.delete_identity(registry, {"clusterName": "shop", "associationId": identifier}, CALLER)
    addons.delete(registry, DRIVER, CALLER)
    assert identities(registry) == []


def test_an_update_names_them_all_anew(registry: Registry) -> None:
    addons.create(registry, DRIVER, CALLER)
    other = DRIVER | {"podIdentityAssociations": [{"serviceAccount": "ebs-csi-controller-sa", "roleArn": f"{ROLE}2"}]}
    addons.update(registry, other | {"addonVersion": "v1.61.0-eksbuild.1"}, CALLER)
    assert identities(registry) == [("kube-system", "ebs-csi-controller-sa", f"{ROLE}2")]
    addons.update(registry, {"clusterName": "shop", "addonName": DRIVER["addonName"]}, CALLER)
    assert len(identities(registry)) == 1
    assert addons.describe(registry, DRIVER, CALLER)["addon"]["addonVersion"] == "v1.61.0-eksbuild.1"


def test_each_addon_has_the_namespace_that_eks_gives_it(registry: Registry) -> None:
    names = [{"serviceAccount": "cloudwatch-agent", "roleArn": ROLE}]
    agent = {"clusterName": "shop", "addonName": "amazon-cloudwatch-observability", "podIdentityAssociations": names}
    addons.create(registry, agent, CALLER)
    assert identities(registry) == [("amazon-cloudwatch", "cloudwatch-agent", ROLE)]


def test_a_configuration_that_is_no_json_is_refused(registry: Registry) -> None:
    with pytest.raises(EksError, match="not in a valid JSON format"):
        addons.create(registry, DRIVER | {"configurationValues": "{a: b}"}, CALLER)
    assert addons.list_all(registry, {"clusterName": "shop"}, CALLER) == {"addons": []}
