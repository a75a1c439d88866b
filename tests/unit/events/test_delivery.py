"""From an event to what its rules start, with the rights of the rule's role."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from local.events.targets import Delivery, Targets
from tests.support.engine_rig import BUCKET, Rig, commit, engine_rig, role_arn

PATTERN = {"source": ["aws.codecommit"], "detail": {"referenceName": ["main"]}}
PIPELINE_ARN = "arn:aws:codepipeline:us-east-1:123456789012:shop"
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule/on-push"


@pytest.fixture
def rig(tmp_path: Any) -> Iterator[Rig]:
    with engine_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def pipeline(rig: Rig) -> Rig:
    """A pipeline that needs nothing but its own start to be seen."""
    rig.client("s3").create_bucket(Bucket=BUCKET)
    rig.role("pipeline", {"Service": "codepipeline.amazonaws.com"}, {"Action": "*", "Resource": "*"})
    kinds = {"Source": ("Source", "CodeCommit"), "Approve": ("Approval", "Manual")}
    rig.client("codepipeline").create_pipeline(
        pipeline={
            "name": "shop",
            "pipelineType": "V2",
            "roleArn": role_arn("pipeline"),
            "artifactStore": {"type": "S3", "location": BUCKET},
            "stages": [
                {
                    "name": name,
                    "actions": [
                        {
                            "name": name,
                            "actionTypeId": {
                                "category": category,
                                "owner": "AWS",
                                "provider": provider,
                                "version": "1",
                            },
                            "configuration": {"RepositoryName": "shop", "BranchName": "main"}
                            if name == "Source"
                            else {},
                            "outputArtifacts": [{"name": "Source"}] if name == "Source" else [],
                        }
                    ],
                }
                for name, (category, provider) in kinds.items()
            ],
        }
    )
    commit(rig)
    return rig


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the machine's log says of targets that were not started."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.levelno >= logging.ERROR:
                said.append(record.getMessage())

    keep = Keep()
    logger = logging.getLogger("local.events.targets")
    logger.addHandler(keep)
    yield said
    logger.removeHandler(keep)


def rule(rig: Rig, pattern: Any, target: dict[str, Any], **more: Any) -> None:
    events = rig.client("events")
    events.put_rule(Name="on-push", EventPattern=json.dumps(pattern), **more)
    events.put_targets(Rule="on-push", Targets=[{"Id": "t", **target}])


def triggers(rig: Rig) -> list[tuple[str, str]]:
    found = rig.client("codepipeline").list_pipeline_executions(pipelineName="shop")["pipelineExecutionSummaries"]
    return [(each["trigger"]["triggerType"], each["trigger"]["triggerDetail"]) for each in found]


def publish(rig: Rig, branch: str = "main") -> None:
    rig.bus.publish("aws.codecommit", "CodeCommit Repository State Change", [], {"referenceName": branch})


def starter(rig: Rig, *statements: dict[str, Any]) -> str:
    return rig.role("starter", {"Service": "events.amazonaws.com"}, *statements)


START = {"Action": "codepipeline:StartPipelineExecution", "Resource": PIPELINE_ARN}


class TestPipelineTarget:
    def test_a_matching_event_starts_it_in_the_rules_name(self, pipeline: Rig) -> None:
        rule(pipeline, PATTERN, {"Arn": PIPELINE_ARN, "RoleArn": starter(pipeline, START)})
        publish(pipeline, "dev")
        publish(pipeline)
        pipeline.until(lambda: len(triggers(pipeline)) == 2, "the start")
        assert triggers(pipeline)[0] == ("CloudWatchEvent", RULE_ARN)

    def test_without_the_right_nothing_starts_and_the_log_says_why(self, pipeline: Rig, complaints: list[str]) -> None:
        nothing = {"Action": "codepipeline:StartPipelineExecution", "Resource": PIPELINE_ARN + "x"}
        rule(pipeline, PATTERN, {"Arn": PIPELINE_ARN, "RoleArn": starter(pipeline, nothing)})
        publish(pipeline)
        pipeline.until(lambda: "could not start" in "".join(complaints), "the log")
        assert "codepipeline:StartPipelineExecution" in complaints[0]
        assert len(triggers(pipeline)) == 1

    def test_a_role_that_does_not_trust_eventbridge_starts_nothing(self, pipeline: Rig, complaints: list[str]) -> None:
        rule(pipeline, PATTERN, {"Arn": PIPELINE_ARN, "RoleArn": role_arn("pipeline")})
        publish(pipeline)
        pipeline.until(lambda: "trust policy" in "".join(complaints), "the log")
        assert len(triggers(pipeline)) == 1

    def test_a_disabled_rule_starts_nothing(self, pipeline: Rig) -> None:
        rule(pipeline, PATTERN, {"Arn": PIPELINE_ARN, "RoleArn": starter(pipeline, START)}, State="DISABLED")
        publish(pipeline)
        pipeline.client("events").enable_rule(Name="on-push")
        publish(pipeline)
        pipeline.until(lambda: len(triggers(pipeline)) == 2, "the start")
        assert len(triggers(pipeline)) == 2

    def test_an_event_of_a_user_starts_it_too(self, pipeline: Rig) -> None:
        rule(pipeline, {"source": ["my.app"]}, {"Arn": PIPELINE_ARN, "RoleArn": starter(pipeline, START)})
        answer = pipeline.client("events").put_events(
            Entries=[{"Source": "my.app", "DetailType": "Go", "Detail": '{"a": 1}'}]
        )
        assert answer["FailedEntryCount"] == 0
        pipeline.until(lambda: len(triggers(pipeline)) == 2, "the start")


class TestOtherTargets:
    def test_a_function_gets_the_event_under_the_rules_role(self, rig: Rig) -> None:
        rule(
            rig,
            PATTERN,
            {
                "Arn": "arn:aws:lambda:us-east-1:123456789012:function:tell",
                "RoleArn": starter(rig, {"Action": "lambda:InvokeFunction", "Resource": "*"}),
            },
        )
        publish(rig)
        rig.until(lambda: rig.functions.events, "the invocation")
        assert rig.functions.events[0]["detail"] == {"referenceName": "main"}

    def test_a_build_is_started_under_the_rules_role(self, rig: Rig) -> None:
        role = starter(rig, {"Action": "codebuild:StartBuild", "Resource": "*"})
        rule(rig, PATTERN, {"Arn": "arn:aws:codebuild:us-east-1:123456789012:project/nightly", "RoleArn": role})
        publish(rig)
        rig.until(lambda: rig.builds.requests, "the build")
        assert rig.builds.requests == [{"projectName": "nightly"}]

    def test_a_queue_gets_it_when_its_policy_lets_the_rule_in(self, rig: Rig, complaints: list[str]) -> None:
        sqs = rig.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:123456789012:q"
        rule(rig, PATTERN, {"Arn": arn})
        publish(rig)
        rig.until(lambda: "does not let events.amazonaws.com in" in "".join(complaints), "the log")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": RULE_ARN}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        publish(rig)
        found = rig.until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), "the message")
        assert json.loads(found[0]["Body"])["detail"] == {"referenceName": "main"}

    def test_a_delivery_that_breaks_ends_none_that_follow(self, pipeline: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        whole, broken = Targets.deliver, [1]

        def deliver(targets: Targets, delivery: Delivery) -> bool:
            if broken:
                broken.pop()
                raise AttributeError("a mistake of ours")
            return whole(targets, delivery)

        monkeypatch.setattr(Targets, "deliver", deliver)
        rule(pipeline, PATTERN, {"Arn": PIPELINE_ARN, "RoleArn": starter(pipeline, START)})
        publish(pipeline)
        publish(pipeline)
        pipeline.until(lambda: len(triggers(pipeline)) == 2, "the start")

    def test_a_target_that_is_not_here_is_told_plainly(self, rig: Rig, complaints: list[str]) -> None:
        rule(rig, PATTERN, {"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:x"})
        publish(rig)
        rig.until(lambda: "targets of states are not available on this machine" in "".join(complaints), "the log")

    def test_an_event_goes_to_a_log_group(self, rig: Rig) -> None:
        logs = rig.client("logs")
        logs.create_log_group(logGroupName="/aws/events/all")
        rule(rig, PATTERN, {"Arn": "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/all"})
        publish(rig)
        (stream,) = logs.describe_log_streams(logGroupName="/aws/events/all")["logStreams"]
        found = logs.get_log_events(logGroupName="/aws/events/all", logStreamName=stream["logStreamName"])["events"]
        assert json.loads(found[0]["message"])["detail"] == {"referenceName": "main"}
