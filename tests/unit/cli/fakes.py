"""Stand-ins for AWS, with the shapes of AWS's own answers (botocore's service models), and a world around them."""

# ruff: noqa: N803, A002 - the arguments are boto3's own

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.console import Console
from cli.world import World

START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)

STAGES = [
    ("Source", [("Source", "Source")]),
    ("Build", [("Build", "Build")]),
    ("dev", [("Deploy", "Invoke"), ("Verify", "Test")]),
    ("prod-approval", [("Approve", "Approval")]),
    ("prod", [("Deploy", "Invoke")]),
]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def detail(stage: str, action: str, status: str, begin: float, end: float, **result: Any) -> dict[str, Any]:
    return {
        "pipelineExecutionId": "e-1",
        "actionExecutionId": f"{stage}-{action}-{begin}",
        "stageName": stage,
        "actionName": action,
        "status": status,
        "startTime": at(begin),
        "lastUpdateTime": at(end),
        "output": {"executionResult": result},
    }


class Pages:
    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = pages

    def paginate(self, **_: Any) -> tuple[dict[str, Any], ...]:
        return self.pages


class FakeCodePipeline:
    """One pipeline, `shop`; what was asked of it to do is in `calls`."""

    def __init__(self, names: tuple[str, ...] = ("shop",)) -> None:
        self.names = names
        self.executions: list[dict[str, Any]] = []
        self.details: dict[str, list[dict[str, Any]]] = {}
        self.tokens: dict[str, str] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def add(
        self, execution: str, status: str, details: list[dict[str, Any]], kind: str = "STANDARD", message: str = "Tea"
    ) -> None:
        """The newest execution."""
        summary = {
            "pipelineExecutionId": execution,
            "status": status,
            "executionType": kind,
            "artifactRevisions": [{"revisionId": "abcdef0123456789", "revisionSummary": f"{message}\n\nmore"}],
        }
        self.executions.insert(0, summary)
        self.details[execution] = details

    def get_paginator(self, operation: str) -> Any:
        if operation == "list_pipelines":
            return Pages({"pipelines": [{"name": name} for name in self.names]})
        assert operation == "list_action_executions"
        fake = self

        class ActionPages:
            def paginate(self, pipelineName: str, filter: dict[str, str] | None = None) -> Any:
                wanted = [filter["pipelineExecutionId"]] if filter else list(reversed(fake.details))
                newest_first = [each for execution in wanted for each in reversed(fake.details[execution])]
                return [{"actionExecutionDetails": newest_first[:2]}, {"actionExecutionDetails": newest_first[2:]}]

        return ActionPages()

    def get_pipeline(self, name: str) -> dict[str, Any]:
        stages = [
            {
                "name": stage,
                "actions": [
                    {"name": action, "actionTypeId": {"category": category}, "runOrder": order}
                    for order, (action, category) in reversed(list(enumerate(actions, 1)))
                ],
            }
            for stage, actions in STAGES
        ]
        return {"pipeline": {"name": name, "stages": stages}}

    def list_pipeline_executions(self, pipelineName: str, maxResults: int = 100) -> dict[str, Any]:
        return {"pipelineExecutionSummaries": self.executions[:maxResults]}

    def get_pipeline_execution(self, pipelineName: str, pipelineExecutionId: str) -> dict[str, Any]:
        (found,) = [each for each in self.executions if each["pipelineExecutionId"] == pipelineExecutionId]
        return {"pipelineExecution": found}

    def get_pipeline_state(self, name: str) -> dict[str, Any]:
        return {
            "stageStates": [
                {
                    "stageName": stage,
                    "actionStates": [
                        {
                            "actionName": action,
                            **(
                                {"latestExecution": {"status": "InProgress", "token": self.tokens[stage]}}
                                if stage in self.tokens
                                else {}
                            ),
                        }
                        for action, _ in actions
                    ],
                }
                for stage, actions in STAGES
            ]
        }

    def put_approval_result(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("put_approval_result", call))
        self.tokens.pop(call["stageName"])
        return {"approvedAt": START}

    def start_pipeline_execution(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("start_pipeline_execution", call))
        return {"pipelineExecutionId": "e-9"}

    def retry_stage_execution(self, **call: Any) -> dict[str, Any]:
        self.calls.append(("retry_stage_execution", call))
        return {"pipelineExecutionId": call["pipelineExecutionId"]}


class FakeDynamoDB:
    class exceptions:  # noqa: N801 - boto3's own spelling
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, tables: Mapping[str, list[dict[str, Any]]]) -> None:
        self.tables = tables

    largest = 3  # items of a page, where no limit is asked for: DynamoDB's is a megabyte

    def query(
        self,
        TableName: str,
        ExpressionAttributeValues: dict[str, Any],
        Limit: int | None = None,
        ExclusiveStartKey: dict[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        if TableName not in self.tables:
            raise self.exceptions.ResourceNotFoundException
        wanted = ExpressionAttributeValues[":pk"]
        items = [item for item in self.tables[TableName] if item["pk"] == wanted]
        items.sort(key=lambda item: item["sk"]["S"], reverse=True)
        if ExclusiveStartKey:
            items = [item for item in items if item["sk"]["S"] < ExclusiveStartKey["sk"]["S"]]
        page = items[: Limit or self.largest]
        more = {"LastEvaluatedKey": {name: page[-1][name] for name in ("pk", "sk")}} if len(page) < len(items) else {}
        return {"Items": page, **more}


class FakeLogs:
    class exceptions:  # noqa: N801 - boto3's own spelling
        class ResourceNotFoundException(Exception):
            pass

    def __init__(self, groups: Mapping[str, Mapping[str, list[str]]]) -> None:
        self.groups = groups

    def describe_log_streams(self, logGroupName: str, **_: Any) -> dict[str, Any]:
        if logGroupName not in self.groups:
            raise self.exceptions.ResourceNotFoundException
        return {"logStreams": [{"logStreamName": name} for name in self.groups[logGroupName]]}

    def get_log_events(self, logGroupName: str, logStreamName: str, limit: int, **_: Any) -> dict[str, Any]:
        messages = self.groups[logGroupName][logStreamName][-limit:]
        return {"events": [{"timestamp": 1_000, "message": message} for message in messages], "nextForwardToken": "f"}


class Screen:
    """A world without a terminal, whose clients are fakes; `text` is what was said."""

    def __init__(
        self,
        clients: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        ask: Callable[[str], str] | None = None,
        live: bool = False,
    ) -> None:
        self.out = io.StringIO()
        self.questions: list[str] = []
        known = dict(clients or {})

        def refuse(question: str) -> str:
            raise AssertionError(f"nobody was to be asked {question!r}")

        self.world = World(
            # Somewhere that is not this machine: no home is opened, no daemon is asked.
            environ=environ if environ is not None else {"AWS_PROFILE": "work"},
            console=Console(self.out, live=live),
            clients=known.__getitem__,
            ask=ask or refuse,
        )
        self.world.sleep = lambda _: None
        self.world.can_ask = ask is not None

    @property
    def text(self) -> str:
        return self.out.getvalue()
