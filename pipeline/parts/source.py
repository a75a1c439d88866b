"""The Source stage: CodeCommit through EventBridge, another host through a connection with push filters, or a zip
in S3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_codecommit as codecommit
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.service import CodeCommitSource, ConnectedSource, Patterns, S3Source, Service
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.policies import allow, fixed
from pipeline.parts.uploads import uploads

OUTPUT = "Source"
REPOSITORY = "SHIPLINE_SOURCE_REPOSITORY"  # tells the build where to ask for the author, whom no variable names


@dataclass(frozen=True)
class Source:
    """The action, what it puts out, the filters that start the pipeline, and what a build may ask of it."""

    action: codepipeline.IAction
    output: codepipeline.Artifact
    triggers: list[codepipeline.TriggerProps]
    variables: Mapping[str, str] = field(default_factory=dict)
    statements: Sequence[iam.PolicyStatement] = ()


def source(scope: Construct, service: Service, role: iam.Role, artifacts: Artifacts) -> Source:
    """`role` is the action's; it gets what reading the source needs."""
    artifacts.grant(role)
    match service.source:
        case CodeCommitSource():
            return _codecommit(scope, service.source, role)
        case ConnectedSource():
            return _connected(service.source, role)
        case S3Source() as wanted:
            output = codepipeline.Artifact(OUTPUT)
            return Source(uploads(scope, wanted, role, artifacts, output), output, [])


def _codecommit(scope: Construct, wanted: CodeCommitSource, role: iam.Role) -> Source:
    repository = _repository(scope, wanted)
    role.add_to_policy(
        allow(
            [
                "codecommit:CancelUploadArchive",
                "codecommit:GetBranch",
                "codecommit:GetCommit",
                "codecommit:GetUploadArchiveStatus",
                "codecommit:UploadArchive",
            ],
            repository.repository_arn,
        )
    )
    output = codepipeline.Artifact(OUTPUT)
    action = actions.CodeCommitSourceAction(
        action_name="Source",
        variables_namespace="Source",
        repository=repository,
        branch=wanted.branch,
        output=output,
        trigger=actions.CodeCommitTrigger.EVENTS,
        role=fixed(role),
    )
    reading = allow(["codecommit:GetCommit"], repository.repository_arn)
    return Source(action, output, [], {REPOSITORY: wanted.repository}, [reading])


def _repository(scope: Construct, wanted: CodeCommitSource) -> codecommit.IRepository:
    if wanted.existing:
        return codecommit.Repository.from_repository_name(scope, "Repository", wanted.repository)
    made = codecommit.Repository(scope, "Repository", repository_name=wanted.repository)
    made.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    return made


def _connected(wanted: ConnectedSource, role: iam.Role) -> Source:
    # Old connections carry the old service name in their ARN, and IAM knows the action by either.
    use = [f"{name}:UseConnection" for name in ("codeconnections", "codestar-connections")]
    role.add_to_policy(allow(use, wanted.connection))
    output = codepipeline.Artifact(OUTPUT)
    action = actions.CodeStarConnectionsSourceAction(
        action_name="Source",
        variables_namespace="Source",
        connection_arn=wanted.connection,
        owner=wanted.owner,
        repo=wanted.repository,
        branch=wanted.branch,
        output=output,
        trigger_on_push=False,  # the trigger's filters say which pushes count
        role=fixed(role),
    )
    # A filter is about branches or about tags, never about both; a push has to pass one of them.
    branches = {**_lists("branches", wanted.branches), **_lists("file_paths", wanted.paths)}
    filters = [codepipeline.GitPushFilter(**each) for each in (branches, _lists("tags", wanted.tags)) if each]
    trigger = codepipeline.TriggerProps(
        provider_type=codepipeline.ProviderType.CODE_STAR_SOURCE_CONNECTION,
        git_configuration=codepipeline.GitConfiguration(source_action=action, push_filter=filters),
    )
    return Source(action, output, [trigger])


def _lists(what: str, patterns: Patterns) -> dict[str, list[str]]:
    given = {f"{what}_includes": list(patterns.include), f"{what}_excludes": list(patterns.exclude)}
    return {key: value for key, value in given.items() if value}
