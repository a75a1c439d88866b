"""Answers to approvals that wait: which one is meant, and the answer to it."""

import argparse
from dataclasses import dataclass
from typing import Any

from cli.errors import OK, CommandError
from cli.options import add_service
from cli.pipelines import Action, answer_approval
from cli.services import chosen_service
from cli.world import World


@dataclass(frozen=True)
class Waiting:
    action: Action
    token: str


def configure_answer(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    parser.add_argument("--environment", metavar="E", help="which one, when several wait")
    parser.add_argument("--message", metavar="TEXT", default="", help="why; kept in the pipeline's history")


def give_answer(world: World, arguments: argparse.Namespace, approve: bool) -> int:
    client = world.client("codepipeline")
    service = chosen_service(world, arguments.service)
    waiting = chosen_approval(service, waiting_approvals(client, service), arguments.environment)
    if approve:
        for line in shown(client, service, waiting.action).splitlines():
            world.console.say(line)
    said = arguments.message or f"{'approved' if approve else 'rejected'} with the shipline command"
    answer_approval(client, service, waiting.action, waiting.token, approve, said)
    world.console.say(f"{service}: {waiting.action.stage} is {'approved' if approve else 'rejected'}")
    if approve:
        world.console.say(f"Watch it: shipline status {service}")
    return OK


def shown(client: Any, service: str, approval: Action) -> str:
    """What the approval tells: its question, and the plan that it is about."""
    pages = client.get_paginator("list_action_executions").paginate(pipelineName=service)
    for page in pages:
        for detail in page["actionExecutionDetails"]:  # newest first
            if (detail["stageName"], detail["actionName"]) == (approval.stage, approval.name):
                text: str = detail.get("input", {}).get("resolvedConfiguration", {}).get("CustomData", "")
                return text
    return ""


def waiting_approvals(client: Any, service: str) -> list[Waiting]:
    found = []
    for stage in client.get_pipeline_state(name=service)["stageStates"]:
        for action in stage.get("actionStates", []):
            latest = action.get("latestExecution", {})
            if latest.get("status") == "InProgress" and latest.get("token"):
                waits = Action(stage["stageName"], action["actionName"], "Approval", "InProgress")
                found.append(Waiting(waits, latest["token"]))
    return found


def chosen_approval(service: str, waiting: list[Waiting], environment: str | None) -> Waiting:
    """CommandError (2) when none or several fit."""
    fitting = [each for each in waiting if environment in (None, each.action.stage.removesuffix("-approval"))]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise CommandError(f"{service}: no approval waits", f"shipline status {service} says where the release is")
    names = ", ".join(each.action.stage.removesuffix("-approval") for each in fitting)
    raise CommandError(f"{service}: several approvals wait", f"choose with --environment: {names}")
