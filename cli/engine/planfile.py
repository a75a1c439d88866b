"""A plan that is read before it is carried out: what would be delivered, how, and what that would do; no values."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from cli.engine.session import Session
from cli.engine.sources import SCHEME
from cli.errors import CommandError
from deployer.values import dataclass

SCHEMA = 1
PATHS = ("filename", "kustomize", "values")  # options that hold paths: seen from any folder once they are absolute
PATH = ("folder", "chart", "kubeconfig")
CARE: dict[str, Any] = {"prune": None, "force_conflicts": False, "other_namespace": [], "verify_all": False}
WORDS = ("env", "name", "namespace", "context")


@dataclass(frozen=True)
class PlanFile:
    arguments: dict[str, Any]
    content: dict[str, Any]  # release.json
    server: str
    plan: dict[str, Any]

    @property
    def digest(self) -> str:
        return str(self.plan["digest"])


def write_plan(
    path: Path, arguments: argparse.Namespace, session: Session, document: bytes, plan: dict[str, Any]
) -> None:
    if "-" in arguments.filename:
        raise CommandError("a plan of what came by standard input cannot be carried out later", "use a file")
    told = {name: getattr(arguments, name) for name in (*WORDS, *CARE)}
    told |= {name: [_absolute(each) for each in getattr(arguments, name)] for name in PATHS}
    told |= {name: _absolute(getattr(arguments, name)) if getattr(arguments, name) else None for name in PATH}
    if told["name"] is None and told["folder"] is None:
        told["folder"] = _absolute(".")
    text = {
        "schema": SCHEMA,
        "arguments": told,
        "content": json.loads(document),
        "server": session.access.url,
        "plan": plan,
    }
    try:
        path.write_text(json.dumps(text, indent=2) + "\n")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", "name another file") from error


def read_plan(path: Path) -> PlanFile:
    """CommandError (2) when it is none of ours."""
    try:
        told = json.loads(path.read_bytes())
        if told["schema"] != SCHEMA:
            raise CommandError(f"{path} is a plan of schema {told['schema']}, not {SCHEMA}", "plan anew: shipline diff")
        found = PlanFile(dict(told["arguments"]), dict(told["content"]), str(told["server"]), dict(told["plan"]))
        if not found.digest or set(found.arguments) != {*WORDS, *CARE, *PATHS, *PATH}:
            raise ValueError("something is missing")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", "write one with shipline diff --out FILE") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is no plan: {error}", "write one with shipline diff --out FILE") from error
    return found


def as_planned(arguments: argparse.Namespace, plan: PlanFile) -> argparse.Namespace:
    """The arguments that the plan was made with; CommandError (2) for others beside them."""
    theirs: dict[str, Any] = {**dict.fromkeys(WORDS), **dict.fromkeys(PATH), **{name: [] for name in PATHS}, **CARE}
    theirs |= {"image": [], "release": None, "source": None}
    more = [name for name, none in theirs.items() if getattr(arguments, name) != none]
    if more:
        raise CommandError(f"--plan says all of what and where; beside it: {', '.join(more)}", "leave that out")
    known = {**plan.arguments, "folder": Path(plan.arguments["folder"]) if plan.arguments["folder"] else None}
    return argparse.Namespace(**{**vars(arguments), **known})


def _absolute(path: str | Path) -> str:
    """A chart in a registry is where it is."""
    return str(path) if str(path).startswith(SCHEME) else os.path.abspath(path)
