"""A project that tries each pull request out, and tells the host: its tests, and whether its images build.

What it builds is not trusted: it comes from whoever may open a pull request. So its role may write its own log and
report, ask the registry which images are there, and read this one repository; nothing else, and no secret.
"""

import re

from aws_cdk import RemovalPolicy
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from pipeline.config.service import ConnectedSource, PullRequests, Service
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.build import extra_reports, read_tools, told
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, rights, write_logs
from pipeline.parts.project import ARM, ENGINE, toolkit_buildspec, write_reports
from pipeline.parts.repositories import Repositories

HOSTS = {
    "github": ("GITHUB", "https://github.com"),
    "gitlab": ("GITLAB", "https://gitlab.com"),
    "bitbucket": ("BITBUCKET", "https://bitbucket.org"),
}
EVENTS = "PULL_REQUEST_CREATED, PULL_REQUEST_UPDATED"
REOPENED = ", PULL_REQUEST_REOPENED"  # GitHub's alone
BUILDSPEC = "pull-request.yaml"


class PullRequestCheck(Construct):
    def __init__(
        self,
        scope: Construct,
        service: Service,
        source: ConnectedSource,
        wanted: PullRequests,
        repositories: Repositories,
        tools: assets.Asset,
    ) -> None:
        super().__init__(scope, "PullRequests")
        name = f"{service.name}-pull-requests"
        group = log_group(self, "Log", f"/aws/codebuild/{name}")
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"))
        for statement in [write_logs(group), write_reports(role, name), _read(source), read_tools(tools)]:
            role.add_to_policy(statement)
        if repositories.arns:
            role.add_to_policy(allow(["ecr:DescribeImages"], *repositories.arns))
        # A secret is for what was reviewed: an image whose build needs one is left out.
        images = [image for image in service.images if not image.secrets]
        variables = told(scope, service, images, repositories, tools, trusted=False)
        kind, host = HOSTS[source.host]
        project = codebuild.CfnProject(
            self,
            "Project",
            name=name,
            description=f"Tests pull requests of {service.name}",
            service_role=role.role_arn,
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
            source=codebuild.CfnProject.SourceProperty(
                type=kind,
                location=f"{host}/{source.owner}/{source.repository}.git",
                auth=codebuild.CfnProject.SourceAuthProperty(type="CODECONNECTIONS", resource=source.connection),
                build_spec=toolkit_buildspec(BUILDSPEC, extra_reports(service)),
                git_clone_depth=1,
                report_build_status=True,
            ),
            environment=codebuild.CfnProject.EnvironmentProperty(
                type=ARM.type if service.build.arm else "LINUX_CONTAINER",
                image=ARM.image_id if service.build.arm else "aws/codebuild/standard:7.0",
                compute_type=f"BUILD_GENERAL1_{service.build.compute.upper()}",
                privileged_mode=True,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(name=key, value=value, type="PLAINTEXT")
                    for key, value in variables.items()
                ],
            ),
            triggers=_triggers(service, source, wanted),
            timeout_in_minutes=int(service.build.timeout.total_seconds()) // 60,
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=group.log_group_name
                )
            ),
            encryption_key="alias/aws/s3",
        )
        project.apply_removal_policy(RemovalPolicy.DESTROY)
        project.node.add_dependency(*rights(role))
        acknowledge(project, {**ENGINE, "AwsSolutions-CB4": "It leaves no artifact."})


def _read(source: ConnectedSource) -> iam.PolicyStatement:
    """Read the repository, and write the commit's status, as far as the connection's app may."""
    names = [f"codeconnections:{action}" for action in ("GetConnection", "GetConnectionToken", "UseConnection")]
    return allow(names, source.connection)


def _triggers(
    service: Service, source: ConnectedSource, wanted: PullRequests
) -> codebuild.CfnProject.ProjectTriggersProperty:
    branches = "|".join(re.escape(branch) for branch in wanted.into)
    filters = {
        "EVENT": EVENTS + (REOPENED if source.host == "github" else ""),
        "BASE_REF": f"^refs/heads/({branches})$",
    }
    if source.folder:
        filters["FILE_PATH"] = f"^{re.escape(source.folder)}/"
    group = [codebuild.CfnProject.WebhookFilterProperty(type=kind, pattern=each) for kind, each in filters.items()]
    return codebuild.CfnProject.ProjectTriggersProperty(
        webhook=True,
        filter_groups=[group],
        pull_request_build_policy=codebuild.CfnProject.PullRequestBuildPolicyProperty(
            requires_comment_approval="DISABLED" if wanted.forks else "FORK_PULL_REQUESTS"
        ),
    )
