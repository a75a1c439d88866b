"""A CodeBuild project that the repository's host calls for pull requests, and that tells the host what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.service import ConnectedSource
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, rights, write_logs
from pipeline.parts.project import ARM, ENGINE, write_reports

HOSTS = {
    "github": ("GITHUB", "https://github.com"),
    "gitlab": ("GITLAB", "https://gitlab.com"),
    "bitbucket": ("BITBUCKET", "https://bitbucket.org"),
}


@dataclass(frozen=True)
class HostedPlan:
    """`filters` are groups of webhook filters by type: one group has to match, with all of its filters."""

    name: str
    description: str
    buildspec: str  # its text
    variables: Mapping[str, str]
    statements: Sequence[iam.PolicyStatement]
    filters: Sequence[Mapping[str, str]]
    forks: bool  # start for those from forks, too, before anybody has asked for it
    timeout: timedelta
    compute: str = "small"
    images: bool = False  # it builds images: it needs an engine, so privileges
    reports: bool = True
    arm: bool = False  # on an Arm machine


class HostedProject(Construct):
    """`role` may do what the plan says, log, report, and read the repository."""

    def __init__(self, scope: Construct, construct_id: str, source: ConnectedSource, plan: HostedPlan) -> None:
        super().__init__(scope, construct_id)
        group = log_group(self, "Log", f"/aws/codebuild/{plan.name}")
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"))
        reporting = [write_reports(self.role, plan.name)] if plan.reports else []
        for statement in [write_logs(group), *reporting, _read(source), *plan.statements]:
            self.role.add_to_policy(statement)
        kind, _ = HOSTS[source.host]
        project = codebuild.CfnProject(
            self,
            "Project",
            name=plan.name,
            description=plan.description,
            service_role=self.role.role_arn,
            artifacts=codebuild.CfnProject.ArtifactsProperty(type="NO_ARTIFACTS"),
            source=codebuild.CfnProject.SourceProperty(
                type=kind,
                location=repository_url(source),
                auth=codebuild.CfnProject.SourceAuthProperty(type="CODECONNECTIONS", resource=source.connection),
                build_spec=plan.buildspec,
                git_clone_depth=1,
                report_build_status=True,
            ),
            environment=codebuild.CfnProject.EnvironmentProperty(
                type=ARM.type if plan.arm else "LINUX_CONTAINER",
                image=ARM.image_id if plan.arm else "aws/codebuild/standard:7.0",
                compute_type=f"BUILD_GENERAL1_{plan.compute.upper()}",
                privileged_mode=plan.images,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(name=key, value=value, type="PLAINTEXT")
                    for key, value in plan.variables.items()
                ],
            ),
            triggers=_triggers(plan),
            timeout_in_minutes=int(plan.timeout.total_seconds()) // 60,
            logs_config=codebuild.CfnProject.LogsConfigProperty(
                cloud_watch_logs=codebuild.CfnProject.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=group.log_group_name
                )
            ),
            encryption_key="alias/aws/s3",
        )
        project.apply_removal_policy(RemovalPolicy.DESTROY)
        project.node.add_dependency(*rights(self.role))
        acknowledge(project, {"AwsSolutions-CB4": "It leaves no artifact.", **(ENGINE if plan.images else {})})


def repository_url(source: ConnectedSource) -> str:
    _, host = HOSTS[source.host]
    return f"{host}/{source.owner}/{source.repository}.git"


def _read(source: ConnectedSource) -> iam.PolicyStatement:
    """Read the repository, and write the commit's status, as far as the connection's app may."""
    names = [f"codeconnections:{action}" for action in ("GetConnection", "GetConnectionToken", "UseConnection")]
    return allow(names, source.connection)


def _triggers(plan: HostedPlan) -> codebuild.CfnProject.ProjectTriggersProperty:
    groups = [
        [codebuild.CfnProject.WebhookFilterProperty(type=kind, pattern=each) for kind, each in filters.items()]
        for filters in plan.filters
    ]
    return codebuild.CfnProject.ProjectTriggersProperty(
        webhook=True,
        filter_groups=groups,
        pull_request_build_policy=codebuild.CfnProject.PullRequestBuildPolicyProperty(
            requires_comment_approval="DISABLED" if plan.forks else "FORK_PULL_REQUESTS"
        ),
    )
