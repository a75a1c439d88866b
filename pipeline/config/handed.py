"""What the actions behind the Source stage are told of what is released, as CodePipeline refers to it."""

from collections.abc import Mapping

from pipeline.config.service import S3Source, Source

EXECUTION = "#{codepipeline.PipelineExecutionId}"
BASES = "SHIPLINE_BASE_DIGESTS"  # the digests of the base images, in their order
# The variables of CodeCommit's and a connection's actions have these names.
GIT = {
    "COMMIT_ID": "#{Source.CommitId}",
    "BRANCH": "#{Source.BranchName}",
    "COMMIT_MESSAGE": "#{Source.CommitMessage}",
    "AUTHOR_DATE": "#{Source.AuthorDate}",
}
TO_STEPS = ("COMMIT_ID", "BRANCH", "PIPELINE_EXECUTION_ID")  # a step takes ten variables, and none that may be empty


def to_build(source: Source) -> dict[str, str]:
    """By the names of variables."""
    return {**_commit(source), "PIPELINE_EXECUTION_ID": EXECUTION, **_bases(source)}


def to_step(source: Source) -> dict[str, str]:
    told = to_build(source)
    return {name: told[name] for name in TO_STEPS}


def namespace(number: int) -> str:
    """Of the variables of a base image's action; the first is 1."""
    return f"Base{number}"


def _commit(source: Source) -> Mapping[str, str]:
    if isinstance(source, S3Source):
        return {"COMMIT_ID": "#{Source.VersionId}", "BRANCH": f"{source.bucket}/{source.key}"}
    return GIT


def _bases(source: Source) -> dict[str, str]:
    """All in one: CodePipeline takes a thousand characters for all that it tells a build."""
    told = " ".join(f"#{{{namespace(number)}.ImageDigest}}" for number, _ in enumerate(source.bases, 1))
    return {BASES: told} if told else {}
