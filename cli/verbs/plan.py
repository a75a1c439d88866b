import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.definition import load_service
from cli.errors import OK
from cli.options import add_output
from cli.world import World

if TYPE_CHECKING:
    from cli.planning.synthesis import Stack

SUMMARY = "Say what deploying pipeline.yaml changes in AWS: rights and network first"
DETAILS = f"""{SUMMARY}.

The stacks are synthesized as cdk synth does, and compared with the templates that CloudFormation has. Nothing is
written. What was changed by hand beside CloudFormation is not seen: aws cloudformation detect-stack-drift sees it.

  shipline plan
  shipline plan path/to/service --output json
  cdk synth --output cdk.out && shipline plan --assembly cdk.out

Exit codes: 0 read, whatever changes; 2 bad input or out of reach."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DETAILS
    what = parser.add_mutually_exclusive_group()
    what.add_argument("folder", nargs="?", type=Path, default=Path(), help="the service's folder (default: this one)")
    told = "the stacks that cdk synth wrote there, also of an app of your own, instead of synthesizing"
    what.add_argument("--assembly", type=Path, metavar="FOLDER", help=told)
    add_output(parser)


def run(arguments: argparse.Namespace, world: World) -> int:
    from cli.planning import telling
    from cli.planning.deployed import read
    from cli.planning.plan import make_plan
    from cli.planning.synthesis import assembled, synthesized

    if arguments.assembly is None:
        load_service(arguments.folder)  # its mistakes first
    account = world.client("sts").get_caller_identity()["Account"]  # and who asks, before the seconds of synthesis
    cloudformation = world.client("cloudformation")
    region = cloudformation.meta.region_name
    if arguments.assembly is None:
        stacks = synthesized(world, arguments.folder, account, region)
    else:
        stacks = assembled(arguments.assembly)
    reached = [stack for stack in stacks if stack.account in ("", account)]
    others = [stack for stack in stacks if stack not in reached]
    there = [read(_client(world, cloudformation, stack), stack.name) for stack in reached]
    plan = make_plan(there, [stack.template for stack in reached])
    if arguments.output == "json":
        elsewhere = [{"name": stack.name, "account": stack.account, "region": stack.region} for stack in others]
        told = {"elsewhere": elsewhere} if elsewhere else {}
        world.console.data({"account": account, "region": region, **telling.data(plan), **told})
        return OK
    names = ", ".join(stack.name for stack in reached)
    world.console.say(f"Deploying {names} to {account} in {region}:")
    for stack in others:
        world.console.say(f"{stack.name} goes to {stack.account} in {stack.region}: these credentials do not see it.")
    for line in telling.lines(plan):
        world.console.say(line)
    return OK


def _client(world: World, own: Any, stack: "Stack") -> Any:
    """A target of the pipeline's account may be in another region."""
    return own if stack.region in ("", own.meta.region_name) else world.client("cloudformation", stack.region)
