import argparse

from cli.errors import OK, CommandError
from cli.options import add_service
from cli.pipelines import declared_actions, newest_executions, read_execution
from cli.services import chosen_service
from cli.world import World

SUMMARY = "Try the failed stage of the newest release again, with the same commit"


def configure(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    parser.add_argument("--all-actions", action="store_true", help="all actions of the stage, not only the failed ones")


def run(arguments: argparse.Namespace, world: World) -> int:
    client = world.client("codepipeline")
    service = chosen_service(world, arguments.service)
    releases = [s for s in newest_executions(client, service) if s.get("executionType") != "ROLLBACK"]
    if not releases:
        raise CommandError(f"{service} has released nothing yet", "push to its repository")
    execution = read_execution(client, service, releases[0]["pipelineExecutionId"], declared_actions(client, service))
    failed = execution.failed_action
    if failed is None:
        raise CommandError(f"{service}: nothing of the newest release failed", f"shipline status {service}")
    client.retry_stage_execution(
        pipelineName=service,
        stageName=failed.stage,
        pipelineExecutionId=execution.id,
        retryMode="ALL_ACTIONS" if arguments.all_actions else "FAILED_ACTIONS",
    )
    world.console.say(f"{service}: {failed.stage} is tried again. Watch it: shipline status {service}")
    return OK
