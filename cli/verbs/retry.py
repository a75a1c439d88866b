import argparse

from cli.errors import OK, CommandError
from cli.options import add_service
from cli.pipelines import newest_release, went_back
from cli.services import chosen_service
from cli.world import World

SUMMARY = "Try the failed stage of the newest release again, with the same commit"
DETAILS = f"""{SUMMARY}.

A stage that has gone back to the release before by itself takes no retry: then the branch is released anew, through all
stages, in which only what changed is built and deployed."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    add_service(parser)
    parser.add_argument("--all-actions", action="store_true", help="all actions of the stage, not only the failed ones")


def run(arguments: argparse.Namespace, world: World) -> int:
    client = world.client("codepipeline")
    service = chosen_service(world, arguments.service)
    found = newest_release(client, service)
    if not found:
        raise CommandError(f"{service} has released nothing yet", "push to its repository")
    execution, *ways_back = found
    failed = execution.failed_action
    if failed is None:
        raise CommandError(f"{service}: nothing of the newest release failed", f"shipline status {service}")
    if went_back(failed.stage, ways_back):
        client.start_pipeline_execution(name=service)
        world.console.say(
            f"{service}: {failed.stage} went back by itself, and CodePipeline retries no execution behind that: the "
            f"branch is released anew. Watch it: shipline status {service}"
        )
        return OK
    client.retry_stage_execution(
        pipelineName=service,
        stageName=failed.stage,
        pipelineExecutionId=execution.id,
        retryMode="ALL_ACTIONS" if arguments.all_actions else "FAILED_ACTIONS",
    )
    world.console.say(f"{service}: {failed.stage} is tried again. Watch it: shipline status {service}")
    return OK
