"""Builds that CodePipeline runs by itself: commands with no project, and the action's own credentials.

A request names where it comes from, what is run and what comes out of it; the rest is what CodePipeline chooses.
"""

import json
from dataclasses import dataclass
from typing import Any

from local.codebuild.builds import Builds
from local.context import Credentials
from local.settings import Home

Document = dict[str, Any]
MINUTES = 55


@dataclass(frozen=True)
class Managed:
    builds: Builds
    home: Home

    def start(self, wanted: Document, credentials: Credentials) -> Document:
        """`wanted`: name, role, logGroup, commands, variables, exported, files, inputs and outputs (ARNs by name)."""
        caller = self.builds.machine.identity.principal(credentials.access_key, credentials.session_token)
        assert caller is not None, "the credentials were given a moment ago"
        return self.builds.begin(self._project(wanted), _request(wanted), caller, credentials)

    def _project(self, wanted: Document) -> Document:
        home, name = self.home, wanted["name"]
        return {
            "name": name,
            "arn": f"arn:aws:codebuild:{home.region}:{home.account}:project/{name}",
            "source": {"type": "CODEPIPELINE", "buildspec": buildspec(wanted)},
            "artifacts": {"type": "CODEPIPELINE"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": False,
                "environmentVariables": [],
            },
            "serviceRole": wanted["role"],
            "cache": {"type": "NO_CACHE"},
            "encryptionKey": f"arn:aws:kms:{home.region}:{home.account}:alias/aws/s3",
            "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": wanted["logGroup"]}},
            "timeoutInMinutes": MINUTES,
            "queuedTimeoutInMinutes": 480,
        }


def buildspec(wanted: Document) -> str:
    """The commands as the one phase of a build."""
    spec: Document = {
        "version": 0.2,
        "env": {"exported-variables": wanted["exported"]},
        "phases": {"build": {"commands": wanted["commands"]}},
    }
    if wanted["outputs"]:
        spec["artifacts"] = {"files": wanted["files"]}
    return json.dumps(spec)


def _request(wanted: Document) -> Document:
    (_, first), *others = wanted["inputs"].items()
    outputs = [{"type": "CODEPIPELINE", "packaging": "NONE", "location": arn} for arn in wanted["outputs"].values()]
    return {
        "sourceLocationOverride": first,
        "environmentVariablesOverride": wanted["variables"],
        "secondarySourcesOverride": [
            {"type": "CODEPIPELINE", "location": arn, "sourceIdentifier": name} for name, arn in others
        ],
        "artifactsOverride": outputs[0] if outputs else {"type": "NO_ARTIFACTS"},
    }
