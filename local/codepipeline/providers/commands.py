"""Compute / Commands: one build per attempt, of no project, with the action's own credentials."""

import json
import time
from typing import Any

from local.codepipeline.action_types import COMMANDS, EXPORTED, FILES
from local.codepipeline.providers.codebuild import ended, tell
from local.codepipeline.runner import Outcome, Provider, Waiting, Work
from local.codepipeline.variables import ENVIRONMENT
from local.context import Compute

Document = dict[str, Any]


def provider(compute: Compute, poll: float) -> Provider:
    return lambda work: _run(work, compute, poll)


def _run(work: Work, compute: Compute, poll: float) -> Outcome:
    build = compute.start(_wanted(work), work.credentials())
    tell(work, build)
    while build["buildStatus"] == "IN_PROGRESS":
        time.sleep(poll)
        if not work.wanted():
            return Waiting()  # stopped, or the machine is: the commands themselves go on
        build = compute.find(build["id"])
    return ended(work, build)


def _wanted(work: Work) -> Document:
    run = work.run

    def told(key: str) -> list[Any]:
        found: list[Any] = json.loads(run.resolved.get(key, "[]"))
        return found

    return {
        "name": f"codepipeline-{work.pipeline.name}-{run.stage}-{run.action}",
        "role": run.role_arn or work.pipeline.role_arn,
        "logGroup": f"/aws/codepipeline/{work.pipeline.name}",
        "commands": told(COMMANDS),
        "variables": told(ENVIRONMENT),
        "exported": told(EXPORTED),
        "files": told(FILES) or ["**/*"],
        "inputs": {name: where.arn for name, where in run.inputs.items()},
        "outputs": {name: where.arn for name, where in run.outputs.items()},
    }
