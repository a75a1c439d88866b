import argparse
from pathlib import Path

from cli.definition import load_service
from cli.errors import OK
from cli.options import add_output
from cli.world import World

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
    plan = make_plan([read(cloudformation, stack.name) for stack in stacks], [stack.template for stack in stacks])
    if arguments.output == "json":
        world.console.data({"account": account, "region": region, **telling.data(plan)})
        return OK
    names = ", ".join(stack.name for stack in stacks)
    world.console.say(f"Deploying {names} to {account} in {region}:")
    for line in telling.lines(plan):
        world.console.say(line)
    return OK
