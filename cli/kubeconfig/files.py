"""KUBECONFIG -> the cluster and the user of one context. As in kubectl, of two equal names the first file's counts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from deployer.values import dataclass

REMEDY = 'name one with --kubeconfig or KUBECONFIG; this machine\'s: eval "$(shipline env)"'


@dataclass(frozen=True)
class Entry:
    """A cluster, a user or a context, and the folder that its relative paths start from."""

    name: str
    data: Mapping[str, Any]
    folder: Path

    def text(self, key: str) -> str:
        return str(self.data.get(key) or "")

    def path(self, key: str) -> Path:
        return self.folder / Path(self.text(key)).expanduser()


@dataclass(frozen=True)
class Context:
    name: str
    namespace: str  # "" when the context names none
    cluster: Entry
    user: Entry


def read_context(environ: Mapping[str, str], file: str | None, wanted: str | None) -> Context:
    """The context that is meant; CommandError (2) when there is none, or it is broken."""
    files = [(path, _read(path)) for path in config_files(environ, file)]
    name = wanted or next((str(data["current-context"]) for _, data in files if data.get("current-context")), "")
    contexts = _entries(files, "contexts", "context")
    if name not in contexts:
        known = ", ".join(contexts) or "none"
        missing = f"there is no context {name!r}" if name else "the kubeconfig has no current context"
        raise CommandError(f"{missing} in {_joined(files)}", f"choose with --context; there are: {known}")
    context = contexts[name]
    cluster = _part(files, context, "clusters", "cluster")
    user = _part(files, context, "users", "user")
    return Context(name, context.text("namespace"), cluster, user)


def config_files(environ: Mapping[str, str], file: str | None) -> list[Path]:
    """The files that are there: the one that was named, or those of KUBECONFIG, or kubectl's usual one."""
    if file:
        if not Path(file).is_file():
            raise CommandError(f"there is no kubeconfig {file}", REMEDY)
        return [Path(file)]
    named = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    paths = named or [Path(environ.get("HOME") or Path.home()) / ".kube" / "config"]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise CommandError(f"there is no kubeconfig: {', '.join(map(str, paths))}", REMEDY)
    return found


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (it is)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", REMEDY) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CommandError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}", REMEDY) from error
    if not isinstance(data, dict):
        raise CommandError(f"{path}: not a kubeconfig", REMEDY)
    return data


def _entries(files: list[tuple[Path, dict[str, Any]]], plural: str, singular: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for path, data in files:
        for item in data.get(plural) or []:
            if not isinstance(item, dict) or not isinstance(item.get(singular) or {}, dict):
                raise CommandError(f"{path}: `{plural}` must hold a name and `{singular}` each", REMEDY)
            name = str(item.get("name"))
            found.setdefault(name, Entry(name, item.get(singular) or {}, path.absolute().parent))
    return found


def _part(files: list[tuple[Path, dict[str, Any]]], context: Entry, plural: str, singular: str) -> Entry:
    name, known = context.text(singular), _entries(files, plural, singular)
    if name not in known:
        raise CommandError(
            f"context {context.name!r} names the {singular} {name!r}, which {_joined(files)} does not have",
            f"there are: {', '.join(known) or 'none'}",
        )
    return known[name]


def _joined(files: list[tuple[Path, dict[str, Any]]]) -> str:
    return ", ".join(str(path) for path, _ in files)
