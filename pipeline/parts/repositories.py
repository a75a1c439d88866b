"""One ECR repository per image."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

IMMUTABLE = ecr.TagMutability.IMMUTABLE
LAYERS = "cache-"  # begins the tags of what builds keep
MOVING = ecr.ImageTagMutabilityExclusionFilter.wildcard(f"{LAYERS}*")
KEPT_IMAGES = 1000  # far more than any environment lags behind: an image that runs must never expire


class Repositories(Construct):
    """`by_image`: repositories whose tags never move, scanned on push; but for those of kept layers where they are
    `cached`."""

    def __init__(self, scope: Construct, construct_id: str, service: str, images: list[str], *, cached: bool) -> None:
        super().__init__(scope, construct_id)
        self._cached = cached
        self.by_image = {image: self._repository(service, image) for image in images}

    @property
    def arns(self) -> list[str]:
        return [repository.repository_arn for repository in self.by_image.values()]

    @property
    def uris(self) -> dict[str, str]:
        return {image: repository.repository_uri for image, repository in self.by_image.items()}

    def _repository(self, service: str, image: str) -> ecr.Repository:
        return ecr.Repository(
            self,
            image,
            repository_name=f"{service}/{image}",
            image_tag_mutability=ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION if self._cached else IMMUTABLE,
            image_tag_mutability_exclusion_filters=[MOVING] if self._cached else None,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.AES_256,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1,
                    description="layers of pushes that never finished",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=Duration.days(30),
                ),
                *([_kept_layers(2)] if self._cached else []),
                ecr.LifecycleRule(
                    rule_priority=3 if self._cached else 2,
                    description="images of releases that are long gone",
                    tag_status=ecr.TagStatus.ANY,
                    max_image_count=KEPT_IMAGES,
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )


def _kept_layers(priority: int) -> ecr.LifecycleRule:
    """An image that runs has no tag like theirs."""
    return ecr.LifecycleRule(
        rule_priority=priority,
        description="layers that no build has renewed",
        tag_status=ecr.TagStatus.TAGGED,
        tag_prefix_list=[LAYERS],
        max_image_age=Duration.days(30),
    )
