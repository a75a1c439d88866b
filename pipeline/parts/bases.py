"""Base images of ECR in the Source stage: a push of one starts the pipeline, and the build gets its digest."""

import json
from collections.abc import Callable, Iterator, Sequence

from aws_cdk import Aws
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config import handed
from pipeline.config.bases.plan import Base
from pipeline.config.service import Service
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.policies import allow, fixed

IMAGES = "SHIPLINE_BASE_IMAGES"  # tells the build which argument gets which repository
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def base_actions(
    scope: Construct, bases: Sequence[Base], role: Callable[[str], iam.Role], artifacts: Artifacts
) -> list[codepipeline.IAction]:
    """`role` makes the role of an action, by its name. Each action brings the rule that starts the pipeline."""
    return [_action(scope, number, base, role(f"Base-{base.argument}"), artifacts) for number, base in _counted(bases)]


def _action(scope: Construct, number: int, base: Base, role: iam.Role, artifacts: Artifacts) -> codepipeline.IAction:
    artifacts.grant(role)
    role.add_to_policy(allow(["ecr:DescribeImages"], _arn(base)))
    name = f"Base-{base.argument}"
    return actions.EcrSourceAction(
        action_name=name,
        variables_namespace=handed.namespace(number),
        repository=ecr.Repository.from_repository_name(scope, name, base.repository),
        image_tag=base.tag,
        output=codepipeline.Artifact(name),
        role=fixed(role),
    )


def base_variables(bases: Sequence[Base]) -> dict[str, str]:
    """What the build's project tells of them."""
    host = f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}"
    named = {base.argument: f"{host}/{base.repository}" for base in bases}
    return {IMAGES: json.dumps(named)} if named else {}


def may_pull_bases(service: Service) -> Iterator[iam.PolicyStatement]:
    """The build's rights; who pushes to ECR may ask it for a token anyway."""
    bases = service.source.bases
    if bases:
        yield allow(PULL, *(_arn(base) for base in bases))
        if service.registry.harbor:
            yield allow(["ecr:GetAuthorizationToken"], "*")


def _arn(base: Base) -> str:
    return f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:{Aws.ACCOUNT_ID}:repository/{base.repository}"


def _counted(bases: Sequence[Base]) -> Iterator[tuple[int, Base]]:
    return enumerate(bases, 1)
