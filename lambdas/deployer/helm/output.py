"""What helm wrote -> the release's objects, hooks, notes, and the manifest as Helm would record it. Pure."""

import re
from typing import Any

from deployer.errors import Fatal
from deployer.helm.chart import Hook
from deployer.objects import Object
from deployer.render.documents import objects
from deployer.values import dataclass
from deployer.yaml.reader import read

NOTES = "shipline-notes.yaml"  # a template of ours that wraps NOTES.txt: helm template does not write that one
# Helm splits what templates made before it writes this, so that no template can write it itself.
_SEPARATOR = re.compile(r"^---\n# Source: (\S[^\n]*)\n", re.M)


@dataclass(frozen=True)
class Output:
    manifest: str
    objects: tuple[Object, ...]
    hooks: tuple[Hook, ...]
    notes: str


def taken_apart(text: str, where: str) -> Output:
    """`where` is the chart in errors about text that names no template."""
    first, *rest = _SEPARATOR.split(text)
    if first.strip():
        raise Fatal(f"helm wrote what belongs to no template: {first[:80]!r}.", subject=where)
    plain: list[tuple[str, str]] = []
    hooks: list[Hook] = []
    notes = ""
    for name, body in zip(rest[::2], rest[1::2], strict=True):
        if name.endswith(f"/templates/{NOTES}"):
            notes = _notes(body)
        elif hook := _hook(name, body):
            hooks.append(hook)
        else:
            plain.append((name, body))
    manifest = "".join(f"---\n# Source: {name}\n{body.rstrip()}\n" for name, body in plain)
    found = tuple(item for name, body in plain for item in objects(body, name))
    return Output(manifest, found, tuple(hooks), notes)


def _notes(body: str) -> str:
    return str(read(body, NOTES)[0].value["data"]["notes"])


def _hook(path: str, body: str) -> Hook | None:
    if "helm.sh/hook" not in body:
        return None
    documents = read(body, path)
    notes = _annotations(documents[0].value) if documents else {}
    events = _words(notes, "helm.sh/hook")
    if not events:
        return None
    item = objects(body, path)[0]
    weight = str(notes.get("helm.sh/hook-weight") or "0")
    return Hook(
        name=str(item["metadata"]["name"]),
        kind=str(item["kind"]),
        path=path,
        manifest=body.strip("\n"),
        object=item,
        events=tuple("test" if event == "test-success" else event for event in events),
        weight=int(weight) if re.fullmatch(r"[-+]?[0-9]{1,9}", weight) else 0,  # as Helm reads it
        delete_policies=_words(notes, "helm.sh/hook-delete-policy") or ("before-hook-creation",),
        log_policies=_words(notes, "helm.sh/hook-output-log-policy"),
    )


def _annotations(item: Any) -> dict[str, Any]:
    meta = item.get("metadata") if isinstance(item, dict) else None
    notes = meta.get("annotations") if isinstance(meta, dict) else None
    return notes if isinstance(notes, dict) else {}


def _words(notes: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in str(notes.get(name) or "").split(",") if word.strip())
