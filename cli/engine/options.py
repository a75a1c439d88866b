"""What the verbs that deliver share on the command line; kubectl's words where it has some."""

import argparse
import os
from pathlib import Path

DURATION = "seconds, or with a unit: 90, 90s, 10m"


def add_place(parser: argparse.ArgumentParser) -> None:
    """Which cluster, which service, which of its environments."""
    parser.add_argument(
        "folder",
        nargs="*",
        action=OneFolder,
        metavar="PATH",
        help="the service's folder, with pipeline.yaml (default: here)",
    )
    place = parser.add_argument_group("where")
    place.add_argument(
        "--env",
        metavar="ENV[/TARGET]",
        help="the environment, or one of its targets (default: the only one of pipeline.yaml)",
    )
    place.add_argument("--name", metavar="NAME", help="the release's name, where there is no pipeline.yaml")
    place.add_argument("-n", "--namespace", metavar="NS", help="instead of the environment's, or the context's")
    place.add_argument("--context", metavar="C", help="of the kubeconfig (default: its current one)")
    place.add_argument("--kubeconfig", metavar="FILE", help="default: $KUBECONFIG, or ~/.kube/config")


def add_content(parser: argparse.ArgumentParser) -> None:
    """What is delivered, and with which images."""
    what = parser.add_argument_group("what, instead of pipeline.yaml's deliveries")
    what.add_argument(
        "-f",
        "--filename",
        action=Files,
        default=[],
        metavar="PATH",
        help="a manifest, a folder of them, or -; several as with kubectl: -f A -f B, -f A,B or -f 'm/*.yaml'",
    )
    what.add_argument("-k", "--kustomize", action="append", default=[], metavar="FOLDER", help="a kustomization")
    what.add_argument(
        "--chart", metavar="CHART", help="a Helm chart's folder, or oci://…@sha256:…; the Helm release is called NAME"
    )
    what.add_argument("--values", action=Files, default=[], metavar="FILE", help="of the chart; later ones win")
    images = parser.add_argument_group("images (default: those that run there now)")
    images.add_argument(
        "--image", action="append", default=[], metavar="NAME=REPOSITORY@DIGEST", help="one image by its digest"
    )
    images.add_argument("--release", type=Path, metavar="FILE", help="a build's release.json")
    images.add_argument("--from", dest="source", metavar="ENV", help="what runs in another environment: a promotion")


def add_work(parser: argparse.ArgumentParser) -> None:
    """How it is carried out."""
    work = parser.add_argument_group("how")
    work.add_argument("--yes", "-y", action="store_true", help="do not show the plan first and ask; a pipe never asks")
    work.add_argument("--timeout", metavar="TIME", type=duration, help=f"to become healthy: {DURATION}")


def add_checks(parser: argparse.ArgumentParser) -> None:
    """What a plan takes care of; the same for a diff and its release."""
    checks = parser.add_argument_group("care")
    checks.add_argument("--verify-all", action="store_true", help="ask the server about every object, also known ones")
    checks.add_argument(
        "--prune",
        metavar="PERCENT",
        type=percent,
        help="of all objects that are there, how many may go (default: the environment's, or 50)",
    )
    checks.add_argument(
        "--force-conflicts", action="store_true", help="take over fields that somebody else has set, as kubectl does"
    )
    checks.add_argument(
        "--other-namespace",
        metavar="NS",
        action="append",
        default=[],
        help="which the release may put objects into besides its own",
    )


class Files(argparse.Action):
    """Paths as kubectl and helm take them: the option again, commas, and patterns that the shell did not see."""

    def __call__(self, parser: object, namespace: argparse.Namespace, values: object, option: object = None) -> None:
        text = str(values)
        parts = [text] if os.path.exists(text) else text.split(",")
        found = [path for part in parts for path in _found(part)]
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), *found])


def _found(path: str) -> list[str]:
    """What a pattern matches; a path that is there is none, and one that matches nothing is named as it is."""
    if os.path.exists(path) or not any(sign in path for sign in "*?["):
        return [path]
    import glob  # with its regular expressions: only for patterns

    return sorted(glob.glob(path)) or [path]


class OneFolder(argparse.Action):
    """The service's folder; what a shell made of `-f *.yaml` is told how to be written."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, option: object = None
    ) -> None:
        paths = [str(path) for path in values] if isinstance(values, list) else []
        if len(paths) > 1 or (paths and namespace.__dict__.get("filename") and not os.path.isdir(paths[0])):
            named = [*namespace.__dict__.get("filename", []), *paths]
            parser.error(f"PATH is one service's folder; several manifests are written -f {','.join(named)}")
        setattr(namespace, self.dest, Path(paths[0]) if paths else None)


def percent(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage; write a number from 0 to 100")
    return int(text)


def duration(text: str) -> float:
    number, factor = (text[:-1], {"s": 1, "m": 60, "h": 3600}[text[-1]]) if text[-1:] in ("s", "m", "h") else (text, 1)
    try:
        found = float(number) * factor
    except ValueError:
        found = 0.0
    if not 0 < found < 7 * 24 * 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write {DURATION}")
    return found
