import argparse
from dataclasses import asdict

from cli.errors import OK
from cli.ledger import Release, read_releases
from cli.options import add_output, add_service
from cli.pipelines import declared_actions
from cli.services import chosen_service
from cli.world import World

SUMMARY = "What was released where, when, from which commit, with what result"
INVOKE, DEPLOY = "Invoke", "Deploy"
HEAD = ("NUMBER", "ENVIRONMENT", "STATUS", "COMMIT", "AUTHOR", "STARTED", "SUMMARY")


def configure(parser: argparse.ArgumentParser) -> None:
    add_service(parser)
    parser.add_argument("--environment", metavar="E[/T]", help="of one environment only, or of one of its targets")
    parser.add_argument("--limit", metavar="N", type=int, default=10, help="the newest N of each (default: 10)")
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    service = chosen_service(world, arguments.service)
    environments = [arguments.environment] if arguments.environment else []
    if not environments or "/" not in environments[0]:
        environments = within(environments_of(world, service), arguments.environment) or environments
    found = read_releases(world.client("dynamodb"), service, environments, arguments.limit)
    if arguments.output == "json":
        world.console.data([asdict(each) for each in found])
    elif found:
        world.console.table([HEAD, *map(row, found)])
    else:
        world.console.say(f"{service} has released nothing yet: push to its repository")
    return OK


def environments_of(world: World, service: str) -> list[str]:
    """The pipeline's stages that deploy, in its order, each with its targets where it has several: ENVIRONMENT/TARGET.
    The stages of approvals invoke the deployer too, to plan."""
    actions = declared_actions(world.client("codepipeline"), service)
    deployed = [(action.stage, action.name.partition("-")) for action in actions if action.category == INVOKE]
    return [f"{stage}/{target}" if target else stage for stage, (verb, _, target) in deployed if verb == DEPLOY]


def within(labels: list[str], environment: str | None) -> list[str]:
    """Those of an environment, which are its targets where it has some; all, where none is named."""
    return [label for label in labels if environment in (None, label.partition("/")[0])]


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
