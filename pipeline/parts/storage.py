"""Volumes for pods: StorageClasses, and a file system that many pods may share."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from constructs import Construct

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.parts.cluster import Cluster
from pipeline.parts.network import Network

NFS = 2049
Wanted = dict[str, object]  # a StorageClass, as the function of the namespaces reads it


def disk_class(plan: ClusterPlan) -> Wanted:
    """Parameters of a StorageClass never change: another set of them needs another name."""
    return {
        "Name": "gp3",
        "Provisioner": "ebs.csi.eks.amazonaws.com" if plan.auto else "ebs.csi.aws.com",
        "Parameters": {"type": "gp3", "encrypted": "true"},
        "Default": "true",
        "WaitForPod": "true",
        "Grows": "true",
    }


class Files(Construct):
    """An EFS file system that the cluster's nodes reach, and nobody else; `storage_class` makes an access point of it
    for each claim. It outlives the stack, as what is in it does."""

    def __init__(self, scope: Construct, construct_id: str, name: str, cluster: Cluster, network: Network) -> None:
        super().__init__(scope, construct_id)
        group = self._group(name, cluster, network.vpc)
        system = efs.CfnFileSystem(
            self,
            "System",
            encrypted=True,
            backup_policy=efs.CfnFileSystem.BackupPolicyProperty(status="ENABLED"),
            throughput_mode="elastic",
            file_system_tags=[efs.CfnFileSystem.ElasticFileSystemTagProperty(key="Name", value=name)],
        )
        system.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self.targets = [
            efs.CfnMountTarget(
                self,
                f"Target{number}",
                file_system_id=system.ref,
                subnet_id=subnet.subnet_id,
                security_groups=[group.security_group_id],
            )
            for number, subnet in enumerate(network.private)
        ]
        self.storage_class: Wanted = {
            "Name": "efs",
            "Provisioner": "efs.csi.aws.com",
            "Parameters": {"provisioningMode": "efs-ap", "fileSystemId": system.ref, "directoryPerms": "700"},
        }

    def _group(self, name: str, cluster: Cluster, vpc: ec2.IVpc) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self, "Group", vpc=vpc, description=f"The nodes of {name} reach its files", allow_all_outbound=False
        )
        ec2.CfnSecurityGroupIngress(
            self,
            "LetIn",
            group_id=group.security_group_id,
            source_security_group_id=cluster.eks.cluster_security_group_id,
            ip_protocol="tcp",
            from_port=NFS,
            to_port=NFS,
            description="NFS",
        )
        return group
