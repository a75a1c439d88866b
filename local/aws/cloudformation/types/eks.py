"""EKS: clusters, node groups, access entries, add-ons and pod identities, through EKS's own API."""

from typing import Any

from local.aws.clients import Aws
from local.aws.cloudformation.convert import api, arguments
from local.aws.cloudformation.resource import Deployed, Desired, made
from local.aws.cloudformation.types.base import Api, forgiving, tags_of, undone

# What one update of a cluster's configuration changes; EKS takes the three of Auto Mode together alone.
CHANGES = (
    ("ResourcesVpcConfig",),
    ("Logging",),
    ("AccessConfig",),
    ("UpgradePolicy",),
    ("ZonalShiftConfig",),
    ("DeletionProtection",),
    ("ComputeConfig", "KubernetesNetworkConfig", "StorageConfig"),
)
SETTLED = {
    "AccessConfig": ("BootstrapClusterCreatorAdminPermissions",),
    "KubernetesNetworkConfig": ("IpFamily", "ServiceIpv4Cidr"),
}


class Cluster:
    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def eks(self) -> Any:
        return self.aws.client("eks")

    def create(self, desired: Desired) -> Deployed:
        said = {"Name": desired.name, **desired.properties}
        cluster = self.eks.create_cluster(**arguments(self.eks, "CreateCluster", self._spelled(said)))["cluster"]
        return made(desired, cluster["name"], _attributes(cluster))

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        before, now, name = (
            self._spelled(deployed.properties),
            self._spelled(desired.properties),
            deployed.physical_resource_id,
        )
        if now.get("Version") != before.get("Version") and "Version" in now:
            self.eks.update_cluster_version(name=name, version=str(now["Version"]))
        for keys in CHANGES:
            changed = {key: _changeable(key, now[key]) for key in keys if key in now}
            if any(now[key] != before.get(key) for key in changed):
                given = arguments(self.eks, "UpdateClusterConfig", {"Name": name, **changed})
                self.eks.update_cluster_config(**given)
        cluster = self.eks.describe_cluster(name=name)["cluster"]
        _retag(self.eks, cluster["arn"], tags_of(before), tags_of(now))
        return made(desired, name, _attributes(cluster))

    def delete(self, deployed: Deployed) -> None:
        forgiving(self.eks, "DeleteCluster", {"name": deployed.physical_resource_id})

    def _spelled(self, said: dict[str, Any]) -> dict[str, Any]:
        """Logging: CloudFormation names what is on, the API what is on and what is off."""
        said = dict(said)
        if "Logging" in said:
            enabled = said["Logging"].get("ClusterLogging", {}).get("EnabledTypes", [])
            said["Logging"] = {"ClusterLogging": [{"Types": [each["Type"] for each in enabled], "Enabled": True}]}
        return said


def _changeable(key: str, setting: Any) -> Any:
    """Whether the creator is an administrator, and which addresses there are, is settled when the cluster is made."""
    if not isinstance(setting, dict):
        return setting
    return {name: value for name, value in setting.items() if name not in SETTLED.get(key, ())}


def _attributes(cluster: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": cluster["name"],
        "Arn": cluster["arn"],
        "Endpoint": cluster["endpoint"],
        "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
        "ClusterSecurityGroupId": cluster["resourcesVpcConfig"].get("clusterSecurityGroupId", ""),
        "EncryptionConfigKeyArn": "",
        "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
        "KubernetesNetworkConfig.ServiceIpv6Cidr": "",
    }


class AccessEntry:
    """The entry and the policies associated with it, which are one resource in a template."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    @property
    def eks(self) -> Any:
        return self.aws.client("eks")

    def create(self, desired: Desired) -> Deployed:
        said = {key: value for key, value in desired.properties.items() if key != "AccessPolicies"}
        entry = self.eks.create_access_entry(**arguments(self.eks, "CreateAccessEntry", said))["accessEntry"]
        identifier = f"{entry['principalArn']}|{entry['clusterName']}"
        begun = made(desired, identifier, {"AccessEntryArn": entry["accessEntryArn"]})
        with undone(self, begun):
            self._associate(desired.properties, {})
        return begun

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        said = desired.properties
        names: tuple[str, ...] = ("ClusterName", "PrincipalArn", "KubernetesGroups", "Username")
        given = {key: said[key] for key in names if key in said}
        self.eks.update_access_entry(**arguments(self.eks, "UpdateAccessEntry", given))
        self._associate(said, deployed.properties)
        return made(desired, deployed.physical_resource_id, deployed.attributes)

    def delete(self, deployed: Deployed) -> None:
        said = deployed.properties
        given = {"clusterName": said["ClusterName"], "principalArn": said["PrincipalArn"]}
        forgiving(self.eks, "DeleteAccessEntry", given)

    def _associate(self, now: dict[str, Any], before: dict[str, Any]) -> None:
        target = {"clusterName": now["ClusterName"], "principalArn": now["PrincipalArn"]}
        kept = {policy["PolicyArn"] for policy in now.get("AccessPolicies", [])}
        for policy in before.get("AccessPolicies", []):
            if policy["PolicyArn"] not in kept:
                gone = target | {"policyArn": policy["PolicyArn"]}
                forgiving(self.eks, "DisassociateAccessPolicy", gone)
        for policy in now.get("AccessPolicies", []):
            members = self.eks.meta.service_model.operation_model("AssociateAccessPolicy").input_shape.members
            scope = api(members["accessScope"], policy["AccessScope"], "AccessScope")
            self.eks.associate_access_policy(**target, policyArn=policy["PolicyArn"], accessScope=scope)


NODEGROUP = Api(
    service="eks",
    create="CreateNodegroup",
    name="NodegroupName",
    identifier="join('/', [input.clusterName, input.nodegroupName])",
    attributes={
        "Id": "join('/', [input.clusterName, input.nodegroupName])",
        "Arn": "output.nodegroup.nodegroupArn",
        "ClusterName": "input.clusterName",
        "NodegroupName": "input.nodegroupName",
    },
    update="UpdateNodegroupConfig",
    update_with={"clusterName": "attributes.ClusterName", "nodegroupName": "attributes.NodegroupName"},
    update_only=frozenset({"ScalingConfig", "UpdateConfig"}),
    settings=frozenset({"ForceUpdateEnabled"}),  # matters on version updates only
    delete="DeleteNodegroup",
    delete_with={"clusterName": "attributes.ClusterName", "nodegroupName": "attributes.NodegroupName"},
)
FARGATE = Api(
    service="eks",
    create="CreateFargateProfile",
    name="FargateProfileName",
    identifier="join('|', [input.clusterName, input.fargateProfileName])",
    attributes={"Arn": "output.fargateProfile.fargateProfileArn", "Name": "input.fargateProfileName"},
    delete="DeleteFargateProfile",
    delete_with={"clusterName": "properties.ClusterName", "fargateProfileName": "attributes.Name"},
)
ADDON = Api(
    service="eks",
    create="CreateAddon",
    identifier="join('|', [input.clusterName, input.addonName])",
    attributes={"Arn": "output.addon.addonArn"},
    update="UpdateAddon",
    update_with={"clusterName": "properties.ClusterName", "addonName": "properties.AddonName"},
    update_only=frozenset(
        {
            "AddonVersion",
            "ConfigurationValues",
            "PodIdentityAssociations",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
        }
    ),
    settings=frozenset({"PreserveOnDelete"}),  # whether its workload outlives it
    delete="DeleteAddon",
    delete_with={"clusterName": "properties.ClusterName", "addonName": "properties.AddonName"},
)
POD_IDENTITY = Api(
    service="eks",
    create="CreatePodIdentityAssociation",
    identifier="output.association.associationArn",
    attributes={
        "AssociationArn": "output.association.associationArn",
        "AssociationId": "output.association.associationId",
    },
    update="UpdatePodIdentityAssociation",
    update_with={"clusterName": "properties.ClusterName", "associationId": "attributes.AssociationId"},
    update_only=frozenset({"RoleArn", "TargetRoleArn", "DisableSessionTags"}),
    delete="DeletePodIdentityAssociation",
    delete_with={"clusterName": "properties.ClusterName", "associationId": "attributes.AssociationId"},
)


def _retag(eks: Any, arn: str, before: dict[str, str], now: dict[str, str]) -> None:
    if before.keys() - now.keys():
        eks.untag_resource(resourceArn=arn, tagKeys=sorted(before.keys() - now.keys()))
    if now and now != before:
        eks.tag_resource(resourceArn=arn, tags=now)
