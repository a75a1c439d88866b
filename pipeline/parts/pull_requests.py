"""A project that tries each pull request out, and tells the host: its tests, and whether its images build.

What it builds is not trusted: it comes from whoever may open a pull request. So its role may write its own log and
report, ask the registry which images are there, and read this one repository; nothing else, and no secret.
"""

import re
from dataclasses import replace

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from pipeline.config.service import ConnectedSource, PullRequests, Service
from pipeline.parts.build import extra_reports, read_tools, told
from pipeline.parts.hosted import HostedPlan, HostedProject
from pipeline.parts.policies import allow
from pipeline.parts.project import toolkit_buildspec
from pipeline.parts.repositories import Repositories

EVENTS = "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED"
REOPENED = ", PULL_REQUEST_REOPENED"  # GitHub's alone
BUILDSPEC = "pull-request.yaml"


def check_pull_requests(
    scope: Construct,
    service: Service,
    source: ConnectedSource,
    wanted: PullRequests,
    repositories: Repositories,
    tools: assets.Asset,
) -> HostedProject:
    # A secret is for what was reviewed: an image whose build needs one is left out.
    images = [image for image in service.images if not image.secrets]
    asking = [allow(["ecr:DescribeImages"], *repositories.arns)] if repositories.arns else []
    plan = HostedPlan(
        name=f"{service.name}-pull-requests",
        description=f"Tests pull requests of {service.name}",
        buildspec=toolkit_buildspec(BUILDSPEC, extra_reports(service)),
        variables=told(scope, replace(service, sbom=False), images, repositories, tools, trusted=False),
        statements=[read_tools(tools), *asking],
        arm=service.build.arm,
        filters=[changes(source, wanted)],
        forks=wanted.forks,
        timeout=service.build.timeout,
        compute=service.build.compute,
        images=True,
    )
    return HostedProject(scope, "PullRequests", source, plan)


def changes(source: ConnectedSource, wanted: PullRequests) -> dict[str, str]:
    """The filters of what makes a pull request another one than it was."""
    filters = {"EVENT": EVENTS + (REOPENED if source.host == "github" else ""), "BASE_REF": into(wanted)}
    return {**filters, "FILE_PATH": f"^{re.escape(source.folder)}/"} if source.folder else filters


def into(wanted: PullRequests) -> str:
    branches = "|".join(re.escape(branch) for branch in wanted.into)
    return f"^refs/heads/({branches})$"
