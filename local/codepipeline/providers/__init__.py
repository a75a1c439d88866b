"""Action providers, one file each. What this machine has is in this table; everything else fails and says so."""

from collections.abc import Callable

from local.codepipeline.jobdesk import JobDesk
from local.codepipeline.providers import approval, codebuild, codecommit, commands, ecr, eks, lambda_invoke, s3
from local.codepipeline.providers.unavailable import unavailable
from local.codepipeline.runner import Provider
from local.codepipeline.settings import Settings
from local.codepipeline.state import ActionRun
from local.context import Compute

AVAILABLE = ("CodeCommit", "ECR", "S3", "CodeBuild", "Commands", "EKS", "Lambda", "Manual")


def choose(settings: Settings, desk: JobDesk, compute: Compute) -> Callable[[ActionRun], Provider]:
    """The provider of an action."""
    known: dict[tuple[str, str], Provider] = {
        ("Source", "CodeCommit"): codecommit.fetch,
        ("Source", "ECR"): ecr.fetch,
        ("Source", "S3"): s3.fetch,
        ("Build", "CodeBuild"): codebuild.provider(settings.build_poll),
        ("Test", "CodeBuild"): codebuild.provider(settings.build_poll),
        ("Deploy", "EKS"): eks.provider(settings.compute_limit),
        ("Compute", "Commands"): commands.provider(compute, settings.build_poll),
        ("Invoke", "Lambda"): lambda_invoke.provider(desk),
        ("Approval", "Manual"): approval.ask,
    }
    return lambda run: known.get((run.type.category, run.type.provider), unavailable)
