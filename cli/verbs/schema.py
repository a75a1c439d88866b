import argparse

from cli.errors import OK
from cli.world import World

SUMMARY = "Print the JSON Schema of pipeline.yaml, for editors"


def configure(parser: argparse.ArgumentParser) -> None:
    del parser


def run(arguments: argparse.Namespace, world: World) -> int:
    from pipeline.config import PipelineConfig

    del arguments
    world.console.data(PipelineConfig.model_json_schema())
    return OK
