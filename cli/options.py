"""Options that several verbs share, spelled once."""

import argparse


def add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", choices=("text", "json"), default="text", help="how to print it (default: text)")


def add_service(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "service", nargs="?", help="the service's name (default: ./pipeline.yaml's, or the account's only pipeline)"
    )
