"""What a team is told: the template's rules and topics, and the words that arrive for a pipeline's real events."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.parts.sentences import happenings
from tests.support.engine_rig import BUCKET, Rig, commit, engine_rig, role_arn
from tests.unit.pipeline.conftest import CHECKOUT, write_service

UUID = "01234567-89ab-cdef-0123-456789abcdef"
HEAD = "name: shop\nsource: codecommit\nenvironments: [dev, prod]\n"
ALL = HEAD + (
    "notify:\n"
    "  mail: [ops@acme.example]\n"
    "  slack: {workspace: T0123ABCD, channel: C0123ABCD}\n"
    f"  teams: {{tenant: {UUID}, team: {UUID}, channel: 19%3aabc-_1%40thread.tacv2}}\n"
    "  topic: arn:aws:sns:us-east-1:123456789012:ours\n"
)
LINK = "https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, synthesize_again: Any) -> Any:
    """A service that tells everybody of everything."""
    return synthesize_again(write_service(tmp_path_factory.mktemp("told"), ALL), nag=True)


def test_each_topic_is_encrypted_and_takes_only_what_eventbridge_publishes_over_https(told: Any) -> None:
    topics = told.of_type("AWS::SNS::Topic")
    assert {topic["TopicName"] for topic in topics.values()} == {"shop-mail", "shop-chat"}
    ((key, properties),) = [
        (name, item["Properties"])
        for name, item in told.template("delivery")["Resources"].items()
        if item["Type"] == "AWS::KMS::Key"
    ]
    assert [topic["KmsMasterKeyId"] for topic in topics.values()] == [{"Fn::GetAtt": [key, "Arn"]}] * 2
    assert properties["EnableKeyRotation"] is True
    _, use = properties["KeyPolicy"]["Statement"]
    assert (use["Principal"], use["Action"]) == (
        {"Service": "events.amazonaws.com"},
        ["kms:Decrypt", "kms:GenerateDataKey"],
    )
    for policy in told.of_type("AWS::SNS::TopicPolicy").values():
        refused, allowed = policy["PolicyDocument"]["Statement"]
        assert (refused["Effect"], refused["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert (allowed["Principal"], allowed["Action"]) == ({"Service": "events.amazonaws.com"}, "sns:Publish")
        assert "Condition" not in allowed  # EventBridge fulfils none


def test_channels_may_ask_for_the_pipelines_state_and_nothing_else(told: Any) -> None:
    (slack,) = told.of_type("AWS::Chatbot::SlackChannelConfiguration").values()
    (teams,) = told.of_type("AWS::Chatbot::MicrosoftTeamsChannelConfiguration").values()
    ((guardrail, policy),) = told.of_type("AWS::IAM::ManagedPolicy").items()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert all(action.startswith(("codepipeline:Get", "codepipeline:List")) for action in statement["Action"])
    assert json.dumps(statement["Resource"]).endswith(':shop"]]}')
    for channel in (slack, teams):
        role = told.resources[channel["IamRoleArn"]["Fn::GetAtt"][0]]["Properties"]
        assert channel["GuardrailPolicies"] == role["ManagedPolicyArns"] == [{"Ref": guardrail}]
        assert told.resources[channel["SnsTopicArns"][0]["Ref"]]["Properties"]["TopicName"] == "shop-chat"
    assert (slack["SlackWorkspaceId"], slack["SlackChannelId"]) == ("T0123ABCD", "C0123ABCD")
    assert (teams["TeamsTenantId"], teams["TeamsChannelId"]) == (UUID, "19%3aabc-_1%40thread.tacv2")


def test_templates_keep_eventbridges_limits(told: Any) -> None:
    targets = [target for rule in rules(told) for target in rule["Targets"]]
    assert len(targets) == 4 * 3
    for target in targets:
        transformer = target["InputTransformer"]
        assert len(transformer["InputTemplate"]) <= 8192
        assert len(transformer["InputPathsMap"]) <= 100
        json.loads(transformer["InputTemplate"])  # a text in quotes, or an object


def test_the_page_has_the_words_that_are_sent() -> None:
    page = (CHECKOUT / "docs" / "notifications.md").read_text()
    for word, happening in happenings("prod").items():
        assert f"| `{word}` | shop: {happening.said.replace('<', '*').replace('>', '*')}. |" in page


def test_what_is_left_out_of_on_has_no_rule(synthesize_again: Any, service: Any) -> None:
    made = synthesize_again(service(HEAD + "notify: {mail: [ops@acme.example], on: [failed, approval]}\n"))
    assert {rule["Name"] for rule in rules(made)} == {"shop-failed", "shop-approval"}
    assert not made.of_type("AWS::IAM::ManagedPolicy")


def test_an_address_alone_is_told_everything(synthesize_again: Any, service: Any) -> None:
    made = synthesize_again(service(HEAD + "notify: ops@acme.example\n"), account=None, nag=True)
    (subscription,) = made.of_type("AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@acme.example")
    assert len(rules(made)) == 4


def test_a_topic_that_is_there_needs_none_of_ours(synthesize_again: Any, service: Any) -> None:
    made = synthesize_again(service(HEAD + "notify: {topic: arn:aws:sns:us-east-1:123456789012:ours}\n"))
    assert not made.of_type("AWS::SNS::Topic")
    assert {target["Arn"] for rule in rules(made) for target in rule["Targets"]} == {
        "arn:aws:sns:us-east-1:123456789012:ours"
    }


def test_who_tells_nobody_has_nothing_of_it(anywhere: Any) -> None:
    assert not anywhere.of_type("AWS::SNS::Topic")
    assert not rules(anywhere)


def rules(made: Any) -> list[dict[str, Any]]:
    return [rule for rule in made.of_type("AWS::Events::Rule").values() if rule.get("Name")]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with engine_rig(tmp_path) as rig:
        yield rig


class Heard:
    """The template's topics and rules on this machine's EventBridge and SNS, with a queue behind each topic."""

    def __init__(self, rig: Rig, made: Any) -> None:
        self.rig, self.arns, self.queues = rig, {}, {}
        sns, sqs, events = (rig.client(name) for name in ("sns", "sqs", "events"))
        for topic, said in made.of_type("AWS::SNS::Topic").items():
            name = said["TopicName"]
            self.arns[topic] = sns.create_topic(Name=name)["TopicArn"]
            self.queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
            queue = f"arn:aws:sqs:us-east-1:123456789012:{name}"
            raw = {"RawMessageDelivery": "true"}
            sns.subscribe(TopicArn=self.arns[topic], Protocol="sqs", Endpoint=queue, Attributes=raw)
        for said in made.of_type("AWS::SNS::TopicPolicy").values():
            (topic,) = self.resolved(said["Topics"])
            policy = json.dumps(self.resolved(said["PolicyDocument"]))
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        for rule in rules(made):
            events.put_rule(Name=rule["Name"], EventPattern=json.dumps(rule["EventPattern"]))
            ours = [self.resolved(target) for target in rule["Targets"] if isinstance(target["Arn"], dict)]
            events.put_targets(Rule=rule["Name"], Targets=ours)

    def resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"Ref"}:
                return self.arns.get(value["Ref"], value["Ref"])
            return {key: self.resolved(each) for key, each in value.items()}
        return [self.resolved(each) for each in value] if isinstance(value, list) else value

    def next(self, name: str) -> Any:
        sqs, url = self.rig.client("sqs"), self.queues[name]
        (message,) = self.rig.until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), f"a message of {name}")
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(message["Body"])


@pytest.fixture
def heard(rig: Rig, told: Any) -> Heard:
    return Heard(rig, told)


def pipeline(rig: Rig) -> None:
    """`shop` with a source and an approval, whose first execution starts at once."""
    rig.client("s3").create_bucket(Bucket=BUCKET)
    rig.role("pipeline", {"Service": "codepipeline.amazonaws.com"}, {"Action": "*", "Resource": "*"})
    commit(rig)
    source = {"RepositoryName": "shop", "BranchName": "main"}
    rig.client("codepipeline").create_pipeline(
        pipeline={
            "name": "shop",
            "pipelineType": "V2",
            "roleArn": role_arn("pipeline"),
            "artifactStore": {"type": "S3", "location": BUCKET},
            "stages": [
                stage("Source", "Source", "CodeCommit", configuration=source, outputArtifacts=[{"name": "Source"}]),
                stage("prod-approval", "Approval", "Manual"),
            ],
        }
    )


def stage(name: str, category: str, provider: str, **more: Any) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "actions": [{"name": category, "actionTypeId": kind, **more}]}


def answer(rig: Rig, status: str, summary: str) -> str:
    """The execution that the approval was about."""
    client = rig.client("codepipeline")

    def waiting() -> Any:
        state = client.get_pipeline_state(name="shop")["stageStates"][1]
        latest = state["actionStates"][0].get("latestExecution", {})
        return state["latestExecution"]["pipelineExecutionId"], latest["token"] if latest.get("token") else None

    execution, token = rig.until(lambda: (found := waiting())[1] and found, "the approval")
    client.put_approval_result(
        pipelineName="shop",
        stageName="prod-approval",
        actionName="Approval",
        result={"status": status, "summary": summary},
        token=token,
    )
    return str(execution)


def test_words_arrive_for_an_approval_a_release_a_failure_and_a_rollback(rig: Rig, heard: Heard) -> None:
    pipeline(rig)
    waits = "shop: a release waits for a person in the stage prod-approval"
    assert heard.next("shop-mail") == f"{waits}. See {LINK}/view?region=us-east-1 or run: shipline approve shop"
    good = answer(rig, "Approved", "fine")
    passed = "shop: a release has passed all stages, and runs in prod"
    assert heard.next("shop-mail") == f"{passed}. See {LINK}/executions/{good}/timeline?region=us-east-1"
    rig.client("codepipeline").start_pipeline_execution(name="shop")
    assert heard.next("shop-mail").startswith(waits)
    bad = answer(rig, "Rejected", 'Not on a "Friday"')
    failed = "shop: Approval failed in the stage prod-approval"
    said = heard.next("shop-mail")
    assert said.startswith(f"{failed}. See {LINK}/executions/{bad}/timeline?region=us-east-1 It says: ")
    assert 'Not on a "Friday"' in said
    shown = [heard.next("shop-chat") for _ in range(4)]
    assert [each["content"]["title"] for each in shown] == [waits, passed, waits, failed]
    assert {(each["version"], each["source"]) for each in shown} == {("1.0", "custom")}
    assert [each["metadata"]["threadId"] for each in shown] == [good, good, bad, bad]
    assert shown[3]["content"]["description"] == f"See {LINK}/executions/{bad}/timeline?region=us-east-1"

    back = rig.client("codepipeline").rollback_stage(
        pipelineName="shop", stageName="prod-approval", targetPipelineExecutionId=good
    )["pipelineExecutionId"]
    said = {heard.next("shop-mail"), heard.next("shop-mail")}  # its approval is one more
    place = f"{LINK}/executions/{back}/timeline?region=us-east-1"
    assert f"shop: a stage goes back to the release before. See {place}" in said
    answer(rig, "Approved", "fine")
    rig.ended("shop", back)
    rig.client("codepipeline").start_pipeline_execution(name="shop")
    assert heard.next("shop-mail").startswith(waits)  # and nothing in between: a rollback is no release


def test_another_pipelines_events_are_not_told(rig: Rig, heard: Heard) -> None:
    kind = "CodePipeline Pipeline Execution State Change"
    for name in ("other", "shop"):
        rig.bus.publish("aws.codepipeline", kind, [], {"pipeline": name, "execution-id": name, "state": "SUCCEEDED"})
    assert "/executions/shop/" in heard.next("shop-mail")
