"""EKS's API: which operation is which function. Those that are not here answer that they are not."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse

from local.aws.eks import access, addons, cluster, fargate, members
from local.aws.eks.model import Document, EksError
from local.aws.eks.places import Places
from local.aws.eks.registry import Registry
from local.context import Identity

Operation = Callable[[Registry, Document, str], Document]

OPERATIONS: dict[str, Operation] = {
    "AssociateAccessPolicy": access.associate,
    "CreateAccessEntry": access.create,
    "CreateAddon": addons.create,
    "CreateCluster": cluster.create,
    "CreateFargateProfile": fargate.create,
    "CreateNodegroup": members.create_nodegroup,
    "CreatePodIdentityAssociation": members.create_identity,
    "DeleteAccessEntry": access.delete,
    "DeleteAddon": addons.delete,
    "DeleteCluster": cluster.delete,
    "DeleteFargateProfile": fargate.delete,
    "DeleteNodegroup": members.delete_nodegroup,
    "DeletePodIdentityAssociation": members.delete_identity,
    "DescribeAccessEntry": access.describe,
    "DescribeAddon": addons.describe,
    "DescribeCluster": cluster.describe,
    "DescribeFargateProfile": fargate.describe,
    "DescribeNodegroup": members.describe_nodegroup,
    "DescribePodIdentityAssociation": members.describe_identity,
    "DescribeUpdate": cluster.describe_update,
    "DisassociateAccessPolicy": access.disassociate,
    "ListAccessEntries": access.list_all,
    "ListAccessPolicies": access.list_policies,
    "ListAddons": addons.list_all,
    "ListAssociatedAccessPolicies": access.list_associated,
    "ListClusters": cluster.list_all,
    "ListFargateProfiles": fargate.list_all,
    "ListNodegroups": members.list_nodegroups,
    "ListPodIdentityAssociations": members.list_identities,
    "ListTagsForResource": members.tags,
    "ListUpdates": cluster.list_updates,
    "TagResource": members.tag,
    "UntagResource": members.untag,
    "UpdateAccessEntry": access.update,
    "UpdateAddon": addons.update,
    "UpdateClusterConfig": cluster.update_config,
    "UpdateClusterVersion": cluster.update_version,
    "UpdateNodegroupConfig": members.update_nodegroup,
    "UpdatePodIdentityAssociation": members.update_identity,
}


class Response(BaseResponse):
    """One request. moto makes one of these for each; what they share are the places."""

    places: Places
    identity: Identity

    def __init__(self) -> None:
        super().__init__(service_name="eks")
        self.automated_parameter_parsing = True

    def call_action(self) -> Any:
        operation = OPERATIONS.get(self._get_action() or "")
        if operation is None:
            raise NotImplementedError(self._get_action())
        try:
            said = {key: value for key, value in dict(self.params).items() if value is not None}
            answer = ActionResult(operation(self.places.at((self.current_account, self.region)), said, self._caller()))
        except EksError as error:
            answer = ActionResult(error)
        return self.serialized(answer)

    def _caller(self) -> str:
        """The IAM principal: of a role's session, the role."""
        principal = self.identity.principal(self.access_key, self.headers.get("X-Amz-Security-Token"))
        if principal is None:
            return f"arn:aws:iam::{self.current_account}:root"
        return principal.role_arn or principal.arn
