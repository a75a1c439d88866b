"""One ECR repository per image for all previews: no release ever comes from it."""

import math
from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from pipeline.config.previews.model import Previews
from pipeline.config.registry.plan import RegistryPlan
from pipeline.config.service import Service
from pipeline.parts.repositories import Repositories


class PreviewImages(Repositories):
    """Each build pushes its own, so an image is never older than the last deployment that runs it."""

    def __init__(self, scope: Construct, construct_id: str, service: Service, wanted: Previews) -> None:
        self._days = math.ceil(wanted.expires / timedelta(days=1)) + 1
        super().__init__(scope, construct_id, service.name, [image.name for image in service.images], RegistryPlan())

    def names(self, service: str) -> list[str]:
        return [_name(service, image) for image in self.by_image]

    def _repository(self, service: str, image: str) -> ecr.Repository:
        return ecr.Repository(
            self,
            image,
            repository_name=_name(service, image),
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.AES_256,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    rule_priority=1,
                    description="images of previews that have expired",
                    tag_status=ecr.TagStatus.ANY,
                    max_image_age=Duration.days(self._days),
                )
            ],
            empty_on_delete=True,
            removal_policy=RemovalPolicy.DESTROY,
        )


def _name(service: str, image: str) -> str:
    """No image's name has a slash: it is no release's repository."""
    return f"{service}/previews/{image}"
