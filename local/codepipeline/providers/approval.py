"""Approval / Manual: tells the topic, if there is one, and waits for a person's answer."""

import json

from local.codepipeline.runner import Outcome, Waiting, Work
from local.codepipeline.times import minute


def ask(work: Work) -> Outcome:
    topic = work.run.resolved.get("NotificationArn")
    if topic:
        work.session().client("sns").publish(
            TopicArn=topic,
            Subject=f"APPROVAL NEEDED: AWS CodePipeline {work.pipeline.name} for action {work.run.action}"[:100],
            Message=json.dumps(_message(work)),
        )
    return Waiting()


def _message(work: Work) -> dict[str, object]:
    """AWS's own shape; members that the action does not set are null."""
    run, region = work.run, work.run.region or work.home.region
    link = f"{work.home.endpoint_url}/codepipeline/{work.pipeline.name}/{run.stage}/{run.action}"
    return {
        "region": region,
        "consoleLink": link,
        "approval": {
            "pipelineName": work.pipeline.name,
            "stageName": run.stage,
            "actionName": run.action,
            "token": run.token,
            "expires": minute(run.deadline) if run.deadline else None,
            "externalEntityLink": run.resolved.get("ExternalEntityLink"),
            "approvalReviewLink": link,
            "customData": run.resolved.get("CustomData"),
        },
    }
