"""A CodeBuild project of ours: its log group, its role, its buildspec."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from aws_cdk import Aws, Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.assets import TOOLKIT
from pipeline.config.builders.plan import DockerServer
from pipeline.config.service import BuildNetwork
from pipeline.parts.acknowledge import acknowledge
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.buildnetwork import enter
from pipeline.parts.dockerserver import give_docker_server
from pipeline.parts.inside import Inside
from pipeline.parts.logs import log_group
from pipeline.parts.policies import allow, fixed, rights, write_logs

COMPUTE = {
    "small": codebuild.ComputeType.SMALL,
    "medium": codebuild.ComputeType.MEDIUM,
    "large": codebuild.ComputeType.LARGE,
    "xlarge": codebuild.ComputeType.X_LARGE,
    "2xlarge": codebuild.ComputeType.X2_LARGE,
}
ARM = codebuild.LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0
PRIVILEGED = "Images are built by an engine of the build's own, which CodeBuild runs in privileged mode only."
ENGINE = {"AwsSolutions-CB3": PRIVILEGED}
REPORTS = [
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
]


@dataclass(frozen=True)
class Report:
    """A report that the toolkit's buildspec gets besides its own: `file` in `folder`, in a format of CodeBuild's."""

    name: str
    file: str
    folder: str
    format: str

    @property
    def text(self) -> str:
        return (
            f"  {self.name}:\n"
            f"    files: [{self.file}]\n"
            f"    base-directory: {self.folder}\n"
            f"    file-format: {self.format}\n"
        )


@dataclass(frozen=True)
class ProjectPlan:
    """`buildspec` is a path in the service's folder, or None for the toolkit's file of the name `fallback`."""

    name: str
    buildspec: str | None
    fallback: str
    variables: Mapping[str, str]
    timeout: timedelta
    compute: str = "small"
    arm: bool = False  # on Arm machines, instead of x86 ones
    images: bool = False  # it builds images: it needs an engine, so privileges
    statements: Sequence[iam.PolicyStatement] = field(default=())
    reports: Sequence[Report] = field(default=())
    queue_timeout: timedelta | None = None
    network: BuildNetwork | None = None
    inside: Inside | None = None  # the network that it runs in
    docker_server: DockerServer | None = None  # that builds the images, so that no privileges are needed
    role: str | None = None  # the name of its role, where somebody has to know it


class BuildProject(Construct):
    """`project` runs a stage's build as `role`, which may do what the plan says, and log, and use the artifacts."""

    def __init__(self, scope: Construct, construct_id: str, plan: ProjectPlan, artifacts: Artifacts) -> None:
        super().__init__(scope, construct_id)
        self._plan = plan
        service = iam.ServicePrincipal("codebuild.amazonaws.com")
        self.role = iam.Role(self, "Role", assumed_by=service, role_name=plan.role)
        group = log_group(self, "Log", f"/aws/codebuild/{plan.name}")
        artifacts.grant(self.role)
        for statement in [write_logs(group), write_reports(self.role, plan.name), *plan.statements]:
            self.role.add_to_policy(statement)
        self.project = codebuild.PipelineProject(
            self,
            "Project",
            project_name=plan.name,
            role=fixed(self.role),
            environment=codebuild.BuildEnvironment(
                build_image=ARM if plan.arm else codebuild.LinuxBuildImage.STANDARD_7_0,
                compute_type=COMPUTE[plan.compute],
                privileged=plan.images and not plan.docker_server,
            ),
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in plan.variables.items()
            },
            build_spec=self._buildspec(),
            timeout=_duration(plan.timeout),
            queued_timeout=_duration(plan.queue_timeout) if plan.queue_timeout else None,
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=group)),
            grant_report_group_permissions=False,
        )
        if plan.docker_server:
            give_docker_server(self.project, plan.docker_server)
        if plan.network:
            enter(plan.network, self.project, self.role)
        self.project.node.add_dependency(*rights(self.role))
        if plan.inside:
            plan.inside.place_build(self.project, self.role)
        reason = "A pipeline's project writes to the pipeline's artifact bucket only, which is encrypted by itself."
        acknowledge(self.project, {"AwsSolutions-CB4": reason})
        if plan.images and not plan.docker_server:
            acknowledge(self.project, ENGINE)

    def _buildspec(self) -> codebuild.BuildSpec:
        if self._plan.buildspec:
            return codebuild.BuildSpec.from_source_filename(self._plan.buildspec)
        # CodeBuild tells a text from a path by itself; given as a text the file keeps its bytes.
        return codebuild.BuildSpec.from_source_filename(toolkit_buildspec(self._plan.fallback, self._plan.reports))


def toolkit_buildspec(name: str, reports: Sequence[Report]) -> str:
    """The text of one of the toolkit's, with more reports than it names."""
    added = "".join(report.text for report in reports)
    return (TOOLKIT / "buildspec" / name).read_text().replace("\nreports:\n", f"\nreports:\n{added}", 1)


def write_reports(role: iam.Role, project: str) -> iam.PolicyStatement:
    """What a project of that name needs to report its tests."""
    groups = f"codebuild:{Aws.REGION}:{Aws.ACCOUNT_ID}:report-group/{project}-*"
    reason = "CodeBuild names a report group after its project and the report in the buildspec."
    finding = f"codebuild:<AWS::Region>:<AWS::AccountId>:report-group/{project}-*"
    acknowledge(role, {f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{finding}]": reason})
    return allow(REPORTS, f"arn:{Aws.PARTITION}:{groups}")


def _duration(given: timedelta) -> Duration:
    return Duration.seconds(int(given.total_seconds()))
