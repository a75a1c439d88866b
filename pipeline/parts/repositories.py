"""One ECR repository per image."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
KEPT_IMAGES = 1000  # far more than any environment lags behind: an image that runs must never expire


class Repositories(Construct):
    """`by_image`: repositories whose tags never move, scanned on push."""

    def __init__(
        self, scope: Construct, construct_id: str, service: str, images: list[str], pulled_by: Sequence[str] = ()
    ) -> None:
        """`pulled_by`: other accounts, whose nodes pull the images."""
        super().__init__(scope, construct_id)
        self._pulled_by = pulled_by
        self.by_image = {image: self._repository(service, image) for image in images}

    @property
    def arns(self) -> list[str]:
        return [repository.repository_arn for repository in self.by_image.values()]

    @property
    def uris(self) -> dict[str, str]:
        return {image: repository.repository_uri for image, repository in self.by_image.items()}

    def _repository(self, service: str, image: str) -> ecr.Repository:
        repository = ecr.Repository(
            self,
            image,
            repository_name=f"{service}/{image}",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.AES_256,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1,
                    description="layers of pushes that never finished",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(30),
                ),
                ecr.LifecycleRule(
                    rule_priority=2,
                    description="images of releases that are long gone",
                    tag_status=ecr.TagStatus.ANY,
                    max_image_count=KEPT_IMAGES,
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        if self._pulled_by:
            repository.add_to_resource_policy(pulling(self._pulled_by))
        return repository


def pulling(accounts: Sequence[str]) -> iam.PolicyStatement:
    """The accounts say themselves which of their roles may; EKS's nodes may by the policy that they have anyway."""
    return iam.PolicyStatement(actions=PULL, principals=[iam.AccountPrincipal(account) for account in accounts])
