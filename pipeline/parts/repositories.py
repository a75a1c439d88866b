"""One ECR repository per image, or the names that the images have in a Harbor."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.config.registry.plan import KEPT_IMAGES, RegistryPlan

BUILT = "src-"  # every tag of a build begins with it
MARK = "in-"  # every tag of a deployer: what its environment runs, gets or ran before
MARKS_AT_MOST = 1000  # three an environment: a rule that expires nothing


class Repositories(Construct):
    """`by_image`: repositories whose tags never move, scanned on push; none where the images are in Harbor."""

    def __init__(
        self, scope: Construct, construct_id: str, service: str, images: list[str], plan: RegistryPlan
    ) -> None:
        super().__init__(scope, construct_id)
        self._plan = plan
        self._key = self._encryption_key(service)
        made = [] if plan.harbor else images
        self.by_image = {image: self._repository(service, image) for image in made}
        self.uris = {image: repository.repository_uri for image, repository in self.by_image.items()}
        if plan.harbor:
            self.uris = {image: plan.harbor.repository(image) for image in images}

    @property
    def arns(self) -> list[str]:
        return [repository.repository_arn for repository in self.by_image.values()]

    def _encryption_key(self, service: str) -> kms.IKey | None:
        if self._plan.key:
            return kms.Key.from_key_arn(self, "Key", self._plan.key)
        if not self._plan.makes_key:
            return None
        return kms.Key(
            self,
            "Key",
            description=f"Images of {service}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,  # the repositories stay, too
        )

    def _repository(self, service: str, image: str) -> ecr.Repository:
        marks = [ecr.ImageTagMutabilityExclusionFilter.wildcard(f"{MARK}*")] if self._plan.keep else None
        mutability = ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION if marks else ecr.TagMutability.IMMUTABLE
        return ecr.Repository(
            self,
            image,
            repository_name=f"{service}/{image}",
            image_tag_mutability=mutability,
            image_tag_mutability_exclusion_filters=marks,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS if self._key else ecr.RepositoryEncryption.AES_256,
            encryption_key=self._key,
            lifecycle_rules=_marked(self._plan.keep) if self._plan.keep else _counted(),
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )


def _unfinished(priority: int) -> ecr.LifecycleRule:
    return ecr.LifecycleRule(
        rule_priority=priority,
        description="layers of pushes that never finished",
        tag_status=ecr.TagStatus.UNTAGGED,
        max_image_age=Duration.days(30),
    )


def _counted() -> list[ecr.LifecycleRule]:
    return [
        _unfinished(1),
        ecr.LifecycleRule(
            rule_priority=2,
            description="images of releases that are long gone",
            tag_status=ecr.TagStatus.ANY,
            max_image_count=KEPT_IMAGES,
        ),
    ]


def _marked(keep: int) -> list[ecr.LifecycleRule]:
    """What matches a rule's tags is never expired by a rule behind it, whatever that one counts."""
    return [
        ecr.LifecycleRule(
            rule_priority=1,
            description="what an environment runs, is getting, or ran before: never so many",
            tag_status=ecr.TagStatus.TAGGED,
            tag_prefix_list=[MARK],
            max_image_count=MARKS_AT_MOST,
        ),
        _unfinished(2),
        ecr.LifecycleRule(
            rule_priority=3,
            description="images of releases that are long gone",
            tag_status=ecr.TagStatus.TAGGED,
            tag_prefix_list=[BUILT],
            max_image_count=keep,
        ),
    ]
