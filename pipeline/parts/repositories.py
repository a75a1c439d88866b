"""One ECR repository per image."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from pipeline.parts.signing import SIGNATURES

LAYERS = "cache-"  # begins the tags of what builds keep
KEPT_IMAGES = 1000  # far more than any environment lags behind: an image that runs must never expire


class Repositories(Construct):
    """`by_image`: repositories whose tags never move, scanned on push; but for those of kept layers where they are
    `cached`.

    Where images are `signed`, each brings a second entry, its signatures, whose tag moves when another key signs: who
    moves it can take a signature away, and make none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: str,
        images: list[str],
        *,
        signed: bool = False,
        cached: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self._signed, self._cached = signed, cached
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
            **self._mutability(),
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
                    max_image_count=KEPT_IMAGES * (2 if self._signed else 1),
                ),
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )

    def _mutability(self) -> dict[str, Any]:
        moving = [SIGNATURES] * self._signed + [f"{LAYERS}*"] * self._cached
        if not moving:
            return {"image_tag_mutability": ecr.TagMutability.IMMUTABLE}
        return {
            "image_tag_mutability": ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
            "image_tag_mutability_exclusion_filters": [
                ecr.ImageTagMutabilityExclusionFilter.wildcard(each) for each in moving
            ],
        }


def _kept_layers(priority: int) -> ecr.LifecycleRule:
    """An image that runs has no tag like theirs."""
    return ecr.LifecycleRule(
        rule_priority=priority,
        description="layers that no build has renewed",
        tag_status=ecr.TagStatus.TAGGED,
        tag_prefix_list=[LAYERS],
        max_image_age=Duration.days(30),
    )
