"""Build and Test / CodeBuild: one build per attempt, started and watched with the action's role."""

import json
import time
from typing import Any

from local.codepipeline.messages import Progress
from local.codepipeline.runner import Done, Outcome, Provider, Refused, Waiting, Work
from local.codepipeline.state import Location

Document = dict[str, Any]


def provider(poll: float) -> Provider:
    return lambda work: _build(work, poll)


def _build(work: Work, poll: float) -> Outcome:
    if work.run.resolved.get("BatchEnabled", "false").lower() == "true":
        return Refused("ConfigurationError", "batch builds are not available on this machine: BatchEnabled is true")
    try:
        request = _request(work)
    except ValueError as error:
        return Refused("ConfigurationError", str(error))
    codebuild = work.session().client("codebuild")
    build = codebuild.start_build(**request)["build"]
    tell(work, build)
    while build["buildStatus"] == "IN_PROGRESS":
        time.sleep(poll)
        if not work.wanted():
            return Waiting()  # stopped, or the machine is: on AWS, too, the build itself goes on
        (build,) = codebuild.batch_get_builds(ids=[build["id"]])["builds"]
    return ended(work, build)


def ended(work: Work, build: Document) -> Outcome:
    """What came of a build that is over."""
    tell(work, build)
    if build["buildStatus"] != "SUCCEEDED":
        return Refused("JobFailed", _why(build))
    exported = build.get("exportedEnvironmentVariables", [])
    return Done({variable["name"]: variable["value"] for variable in exported})


def _request(work: Work) -> Document:
    """StartBuild as CodePipeline calls it: the artifacts' places instead of the project's own."""
    run = work.run
    primary = run.resolved.get("PrimarySource") or next(iter(run.inputs))
    secondary = {name: where for name, where in run.inputs.items() if name != primary}
    request: Document = {
        "projectName": run.resolved["ProjectName"],
        "sourceTypeOverride": "CODEPIPELINE",
        "sourceLocationOverride": run.inputs[primary].arn,
        "environmentVariablesOverride": _environment(run.resolved.get("EnvironmentVariables", "[]")),
        "idempotencyToken": run.id,
    }
    if primary in run.input_revisions:
        request["sourceVersion"] = run.input_revisions[primary]  # shown as the build's resolvedSourceVersion
    if secondary:
        request["secondarySourcesOverride"] = [
            {"type": "CODEPIPELINE", "location": where.arn, "sourceIdentifier": name}
            for name, where in secondary.items()
        ]
    # One output is the buildspec's `artifacts`; of several, each is the secondary artifact of its own name.
    if len(run.outputs) == 1:
        (where,) = run.outputs.values()
        request["artifactsOverride"] = _artifact(where)
    else:
        request["artifactsOverride"] = {"type": "NO_ARTIFACTS"}
        if run.outputs:
            request["secondaryArtifactsOverride"] = [
                _artifact(where) | {"artifactIdentifier": name} for name, where in run.outputs.items()
            ]
    return request


def _artifact(where: Location) -> Document:
    return {"type": "CODEPIPELINE", "packaging": "NONE", "location": where.arn}


def _environment(text: str) -> list[Document]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise ValueError(f"EnvironmentVariables is not a JSON list: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "name" in entry for entry in entries):
        raise ValueError("EnvironmentVariables is not a JSON list of {name, value, type}")
    return [{"type": "PLAINTEXT", "value": "", **entry} for entry in entries]


def tell(work: Work, build: Document) -> None:
    logs = build.get("logs", {})
    work.progress(
        Progress(
            work.ref,
            external_id=build["id"],
            external_url=logs.get("deepLink"),
            log_stream=logs.get("cloudWatchLogsArn"),
        )
    )


def _why(build: Document) -> str:
    """The failed phase's own words."""
    message = f"Build terminated with state: {build['buildStatus']}."
    for phase in build.get("phases", []):
        if phase.get("phaseStatus") in (None, "SUCCEEDED"):
            continue
        for context in phase.get("contexts", []):
            if context.get("message"):
                return (
                    f"{message} Phase: {phase['phaseType']}, Code: {context.get('statusCode')}, "
                    f"Message: {context['message']}"
                )
    return message
