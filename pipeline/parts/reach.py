"""How the pipeline's account reaches a target in another account or region: names and ARNs, the same on both sides.

The deployer's own role and the role that it takes name each other, so neither has to be there before the other: the
trust is in the pipeline's account, narrowed to one role of it by `aws:PrincipalArn` and to one caller's purpose by
`sts:ExternalId`.
"""

from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from pipeline.config.service import Target
from pipeline.parts.shared import ClusterName


@dataclass(frozen=True)
class Reach:
    """Of one part of an environment, whose target is elsewhere."""

    service: str
    part: Target

    @property
    def external_id(self) -> str:
        assert self.part.at
        return self.part.at.external_id

    @property
    def deployer(self) -> str:
        """The name of the role that the function runs as."""
        return f"{self.service}-deploy-{self.part.key}"

    @property
    def verifier(self) -> str:
        return f"{self.service}-verify-{self.part.key}"

    @property
    def deploying(self) -> str:
        """The name of the role there that the deployer takes."""
        return f"{self.service}-target-{self.part.key}"

    @property
    def verifying(self) -> str:
        return f"{self.service}-check-{self.part.key}"

    def there(self, role: str) -> str:
        """The ARN of a role in the target's account, as the pipeline's side writes it."""
        assert self.part.at
        return f"arn:{Aws.PARTITION}:iam::{self.part.at.account or Aws.ACCOUNT_ID}:role/{role}"

    def trust(self, home: str, role: str) -> iam.IPrincipal:
        """Whom a role in the target's account trusts: one role of the account `home`, which may not be there yet."""
        return iam.PrincipalWithConditions(
            iam.AccountPrincipal(home),
            {
                "ArnEquals": {"aws:PrincipalArn": f"arn:{Aws.PARTITION}:iam::{home}:role/{role}"},
                "StringEquals": {"sts:ExternalId": self.external_id},
            },
        )


def reach_of(service: str, part: Target) -> Reach | None:
    """None where no role has to be taken."""
    return Reach(service, part) if part.at and part.at.elsewhere else None


def cluster_of(part: Target, own: ClusterName) -> ClusterName:
    """The cluster of a part, as the pipeline's side names it."""
    return ClusterName(part.at.cluster, part.at.account, part.at.region) if part.at else own
