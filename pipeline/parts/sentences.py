"""What is told of a pipeline's events: which events they are, and the words, of which EventBridge fills in the rest.

EventBridge does not escape what it fills in. So only a mail's words hold an action's own text; JSON holds names and ids
alone, which have no character that JSON would mind.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PIPELINE = "CodePipeline Pipeline Execution State Change"
ACTION = "CodePipeline Action Execution State Change"
# What `<…>` in the words stands for, by path in CodePipeline's events.
PATHS = {
    "region": "$.region",
    "execution": "$.detail.execution-id",
    "stage": "$.detail.stage",
    "action": "$.detail.action",
    "reason": "$.detail.execution-result.external-execution-summary",
}
EXECUTION = "executions/<execution>/timeline"  # pages of CodePipeline's console
STATE = "view"


@dataclass(frozen=True)
class Happening:
    """`kind` and `detail` choose the events; `said` follows the service's name, and `text` ends a mail."""

    kind: str
    detail: Mapping[str, Any]
    said: str
    page: str
    text: str = ""

    def pattern(self, service: str) -> dict[str, Any]:
        return {
            "source": ["aws.codepipeline"],
            "detail-type": [self.kind],
            "detail": {"pipeline": [service], **self.detail},
        }

    def sentence(self, service: str) -> "Words":
        """One line for a person."""
        ending = self.text.format(service=service)
        return Words(json.dumps(f"{service}: {self.said}. See {self._link(service)} {ending}".rstrip()))

    def notification(self, service: str) -> "Words":
        """Amazon Q Developer's custom notification, the one JSON that chat applications show: a thread an execution."""
        title = f"{service}: {self.said}"
        return Words(
            json.dumps(
                {
                    "version": "1.0",
                    "source": "custom",
                    "content": {
                        "textType": "client-markdown",
                        "title": title,
                        "description": f"See {self._link(service)}",
                    },
                    "metadata": {"threadId": "<execution>", "summary": title},
                }
            )
        )

    def _link(self, service: str) -> str:
        host = "https://<region>.console.aws.amazon.com/codesuite/codepipeline/pipelines"
        return f"{host}/{service}/{self.page}?region=<region>"


@dataclass(frozen=True)
class Words:
    """An input transformer: the `template`, and the `paths` that it needs."""

    template: str
    paths: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        named = dict.fromkeys(re.findall(r"<(\w+)>", self.template))
        object.__setattr__(self, "paths", {name: PATHS[name] for name in named})


def happenings(last: str) -> dict[str, Happening]:
    """By their words in pipeline.yaml; `last` is the environment behind all others."""
    # A rollback is an execution of its own, which passes its one stage.
    forward = {"rollback-metadata": {"rollback-target-pipeline-execution-id": [{"exists": False}]}}
    back = {"execution-trigger": {"trigger-type": ["AutomatedRollback", "ManualRollback"]}}
    return {
        "failed": Happening(
            ACTION, {"state": ["FAILED"]}, "<action> failed in the stage <stage>", EXECUTION, "It says: <reason>"
        ),
        "approval": Happening(
            ACTION,
            {"state": ["STARTED"], "type": {"category": ["Approval"]}},
            "a release waits for a person in the stage <stage>",
            STATE,
            "or run: shipline approve {service}",
        ),
        "released": Happening(
            PIPELINE,
            {"state": ["SUCCEEDED"], **forward},
            f"a release has passed all stages, and runs in {last}",
            EXECUTION,
        ),
        "rolled_back": Happening(
            PIPELINE,
            {"state": ["STARTED"], **back},
            "a stage goes back to the release before",
            EXECUTION,
        ),
    }
