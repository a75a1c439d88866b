import argparse
from pathlib import Path

from cli.errors import OK
from cli.starting import bring_up, make_ready
from cli.world import World

SUMMARY = "Start AWS and Kubernetes on this machine (and deliver a service's pipeline to it)"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--service", metavar="PATH", type=Path, help="a folder with a pipeline.yaml: cdk deploy its pipeline, too"
    )


def run(arguments: argparse.Namespace, world: World) -> int:
    make_ready(world)
    console = world.console
    if arguments.service:
        from cli.delivery import bring_up_with

        deployed = bring_up_with(world, arguments.service)
        console.say()
        console.say("Release it:")
        console.say('  eval "$(.venv/bin/shipline env)"')
        console.say(f"  cd {arguments.service.resolve()}")
        console.say(f"  {deployed.command}")
        console.say(f"  shipline status {deployed.name}")
    else:
        bring_up(world)
        console.say()
        console.say('Use it: eval "$(.venv/bin/shipline env)"      What runs: .venv/bin/shipline status')
    return OK
