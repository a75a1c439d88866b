"""One ECR repository per image, or the names that the images have in a Harbor."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.config.registry.plan import KEPT_IMAGES, RegistryPlan
from pipeline.parts.signing import SIGNATURES

BUILT = "src-"  # every tag of a build begins with it
MARK = "in-"  # every tag of a deployer: what its environment runs, gets or ran before
MARKS_AT_MOST = 1000  # three an environment: a rule that expires nothing
LAYERS = "cache-"  # begins the tags of what builds keep
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
MONTH = Duration.days(30)


class Repositories(Construct):
    """`by_image`: repositories whose tags never move, scanned on push; none where the images are in Harbor.

    Tags that may move are those of deployers' marks, of kept layers where builds are `cached`, and of signatures where
    images are `signed`: each image brings a second entry then, whose tag moves when another key signs. Who moves it can
    take a signature away, and make none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        service: str,
        images: list[str],
        plan: RegistryPlan,
        *,
        signed: bool = False,
        cached: bool = False,
        pulled_by: Sequence[str] = (),
    ) -> None:
        """`pulled_by`: other accounts, whose nodes pull the images."""
        super().__init__(scope, construct_id)
        self._plan, self._signed, self._cached = plan, signed, cached
        self._pulled_by = pulled_by
        self.key = self._encryption_key(service)
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
        repository = ecr.Repository(
            self,
            image,
            repository_name=f"{service}/{image}",
            **self._mutability(),
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS if self.key else ecr.RepositoryEncryption.AES_256,
            encryption_key=self.key,
            lifecycle_rules=[
                ecr.LifecycleRule(rule_priority=number, **rule) for number, rule in enumerate(self._rules(), 1)
            ],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        if self._pulled_by:
            repository.add_to_resource_policy(pulling(self._pulled_by))
        return repository

    def _mutability(self) -> dict[str, Any]:
        moving = [SIGNATURES] * self._signed + [f"{LAYERS}*"] * self._cached + [f"{MARK}*"] * bool(self._plan.keep)
        if not moving:
            return {"image_tag_mutability": ecr.TagMutability.IMMUTABLE}
        filters = [ecr.ImageTagMutabilityExclusionFilter.wildcard(each) for each in moving]
        return {
            "image_tag_mutability": ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION,
            "image_tag_mutability_exclusion_filters": filters,
        }

    def _rules(self) -> list[dict[str, Any]]:
        """What matches a rule's tags is never expired by a rule behind it, whatever that one counts."""
        rules = [_marks()] if self._plan.keep else []
        rules.append(_unfinished())
        rules += [_layers()] if self._cached else []
        return [*rules, _built(self._plan.keep) if self._plan.keep else _all(2 if self._signed else 1)]


def _marks() -> dict[str, Any]:
    return {
        "description": "what an environment runs, is getting, or ran before: never so many",
        "tag_status": ecr.TagStatus.TAGGED,
        "tag_prefix_list": [MARK],
        "max_image_count": MARKS_AT_MOST,
    }


def _unfinished() -> dict[str, Any]:
    return {
        "description": "layers of pushes that never finished",
        "tag_status": ecr.TagStatus.UNTAGGED,
        "max_image_age": MONTH,
    }


def _layers() -> dict[str, Any]:
    """An image that runs has no tag like theirs."""
    return {
        "description": "layers that no build has renewed",
        "tag_status": ecr.TagStatus.TAGGED,
        "tag_prefix_list": [LAYERS],
        "max_image_age": MONTH,
    }


def _built(keep: int) -> dict[str, Any]:
    return {
        "description": "images of releases that are long gone",
        "tag_status": ecr.TagStatus.TAGGED,
        "tag_prefix_list": [BUILT],
        "max_image_count": keep,
    }


def _all(entries: int) -> dict[str, Any]:
    """`entries`: that each image brings."""
    return {
        "description": "images of releases that are long gone",
        "tag_status": ecr.TagStatus.ANY,
        "max_image_count": KEPT_IMAGES * entries,
    }


def pulling(accounts: Sequence[str]) -> iam.PolicyStatement:
    """The accounts say themselves which of their roles may; EKS's nodes may by the policy that they have anyway."""
    return iam.PolicyStatement(actions=PULL, principals=[iam.AccountPrincipal(account) for account in accounts])
