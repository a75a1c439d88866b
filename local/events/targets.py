"""What a rule starts, one function per service, each with the role that the target names."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.context import AccessDenied, Identity

log = logging.getLogger(__name__)

SERVICE = "events.amazonaws.com"
RULE_HEADER = "X-Amz-Source-Arn"


class Undelivered(Exception):
    """Why a target was not started."""


@dataclass(frozen=True)
class Delivery:
    """One target of one matched rule."""

    rule_arn: str
    target: Mapping[str, Any]
    event_id: str
    body: str  # the target's input

    @property
    def arn(self) -> str:
        return str(self.target["Arn"])

    @property
    def service(self) -> str:
        return self.arn.split(":")[2]

    @property
    def resource(self) -> str:
        return self.arn.split(":", 5)[5]

    def document(self) -> dict[str, Any]:
        """The input as an object; empty when it is something else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Targets:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._start: dict[str, Callable[[Delivery], None]] = {
            "codepipeline": self._pipeline,
            "codebuild": self._build,
            "lambda": self._function,
            "sns": self._topic,
            "sqs": self._queue,
        }

    def deliver(self, delivery: Delivery) -> bool:
        """Start the target, or tell the log why not."""
        try:
            start = self._start.get(delivery.service)
            if start is None:
                raise Undelivered(f"targets of {delivery.service} are not available on this machine")
            start(delivery)
        except (Undelivered, AccessDenied) as refused:
            reason = str(refused)
        except ClientError as refused:
            reason = f"{refused.response['Error'].get('Code')}: {refused.response['Error'].get('Message')}"
        except BotoCoreError as refused:
            reason = str(refused)
        else:
            log.info("rule %s started %s (event %s)", delivery.rule_arn, delivery.arn, delivery.event_id)
            return True
        log.error("rule %s could not start %s: %s", delivery.rule_arn, delivery.arn, reason)
        return False

    def _session(self, delivery: Delivery) -> boto3.Session:
        role = delivery.target.get("RoleArn")
        if not role:
            raise Undelivered("the target has no RoleArn, so nobody may start it")
        return self._identity.session(self._identity.assume_as_service(role, SERVICE, delivery.event_id))

    def _pipeline(self, delivery: Delivery) -> None:
        client = self._session(delivery).client("codepipeline")
        # The service sees which rule calls, as AWS's services tell each other.
        client.meta.events.register(
            "before-sign.codepipeline.StartPipelineExecution",
            lambda request, **_: request.headers.add_header(RULE_HEADER, delivery.rule_arn),
        )
        given = {key: value for key, value in delivery.document().items() if key in ("sourceRevisions", "variables")}
        client.start_pipeline_execution(name=delivery.resource, **given)

    def _build(self, delivery: Delivery) -> None:
        project = delivery.resource.removeprefix("project/")
        # With an input of its own the target overrides members of StartBuild; a plain event overrides nothing.
        own = {"Input", "InputPath", "InputTransformer"} & set(delivery.target)
        given = delivery.document() if own else {}
        self._session(delivery).client("codebuild").start_build(**{**given, "projectName": project})

    def _function(self, delivery: Delivery) -> None:
        if delivery.target.get("RoleArn"):
            session = self._session(delivery)
        else:
            self._check_function_policy(delivery)
            session = self._identity.owner_session()
        session.client("lambda").invoke(FunctionName=delivery.arn, InvocationType="Event", Payload=delivery.body)

    def _check_function_policy(self, delivery: Delivery) -> None:
        """Without a role it is the function's own policy that lets EventBridge in."""
        client = self._identity.owner_session().client("lambda")
        try:
            policy = json.loads(client.get_policy(FunctionName=delivery.arn)["Policy"])
        except client.exceptions.ResourceNotFoundException:
            policy = {}
        self._check_policy(policy, delivery, {"lambda:InvokeFunction", "lambda:*", "*"})

    @staticmethod
    def _check_policy(policy: Mapping[str, Any], delivery: Delivery, actions: set[str]) -> None:
        if not any(_lets_in(statement, delivery.rule_arn, actions) for statement in policy.get("Statement", [])):
            raise Undelivered(f"the policy of {delivery.arn} does not let {SERVICE} in for this rule")

    def _topic(self, delivery: Delivery) -> None:
        client = self._identity.owner_session().client("sns")
        policy = json.loads(client.get_topic_attributes(TopicArn=delivery.arn)["Attributes"].get("Policy") or "{}")
        self._check_policy(policy, delivery, {"sns:Publish", "SNS:Publish", "sns:*", "*"})
        client.publish(TopicArn=delivery.arn, Message=delivery.body)

    def _queue(self, delivery: Delivery) -> None:
        client = self._identity.owner_session().client("sqs")
        url = client.get_queue_url(QueueName=delivery.resource)["QueueUrl"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        self._check_policy(
            json.loads(found.get("Policy") or "{}"), delivery, {"sqs:SendMessage", "SQS:SendMessage", "sqs:*", "*"}
        )
        group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
        client.send_message(QueueUrl=url, MessageBody=delivery.body, **({"MessageGroupId": group} if group else {}))


def _lets_in(statement: Mapping[str, Any], rule_arn: str, actions: set[str]) -> bool:
    """Principal, action, and the one condition that templates set here: which rule it is."""
    if statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal", {})
    # moto keeps the principal of a CloudFormation permission as it is written there: the service's bare name.
    services = [principal] if isinstance(principal, str) else _listed(principal.get("Service", []))
    if SERVICE not in services and services != ["*"]:
        return False
    if not actions & set(_listed(statement.get("Action", []))):
        return False
    for conditions in statement.get("Condition", {}).values():
        for key, wanted in conditions.items():
            if key.lower() == "aws:sourcearn" and rule_arn not in _listed(wanted):
                return False
    return True


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
