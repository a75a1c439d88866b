import argparse
from dataclasses import asdict

from cli.errors import OK
from cli.ledger import Release, read_releases
from cli.options import add_output, add_service
from cli.pipelines import declared_actions
from cli.services import chosen_service
from cli.world import World

SUMMARY = "What was released where, when, from which commit, with what result"
DEPLOYS = ("Invoke", "Deploy")
HEAD = ("NUMBER", "ENVIRONMENT", "STATUS", "COMMIT", "AUTHOR", "STARTED", "SUMMARY")


def configure(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    parser.add_argument("--environment", metavar="E", help="of one environment only")
    parser.add_argument("--limit", metavar="N", type=int, default=10, help="the newest N of each (default: 10)")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    service = chosen_service(world, arguments.service)
    environments = [arguments.environment] if arguments.environment else environments_of(world, service)
    found = read_releases(world.client("dynamodb"), service, environments, arguments.limit)
    if arguments.output == "json":
        world.console.data([asdict(each) for each in found])
    elif found:
        world.console.table([HEAD, *map(row, found)])
    else:
        world.console.say(f"{service} has released nothing yet: push to its repository")
    return OK


def environments_of(world: World, service: str) -> list[str]:
    """The pipeline's stages that deploy, in its order; those of approvals invoke the deployer too, to plan."""
    actions = declared_actions(world.client("codepipeline"), service)
    return list(dict.fromkeys(action.stage for action in actions if (action.category, action.name) == DEPLOYS))


def row(each: Release) -> tuple[str, ...]:
    where = f"{each.environment} *" if each.current else each.environment
    said = each.summary or each.message
    return (
        str(each.number),
        where,
        each.status,
        each.commit[:7],
        each.author,
        each.started[:19],
        (said.splitlines() or [""])[0],
    )
