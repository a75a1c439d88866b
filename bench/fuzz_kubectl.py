"""kubectl's own reading of files, many files a process, and ours beside it.

`kubectl label --local NAME-` takes objects from files and prints them as JSON; it asks no server, and goes on behind a
file that it cannot read. Between two files stands a marker's, so that what was printed is known to come from which.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.errors import Fatal
from deployer.yaml.reader import read

_METADATA = "cannot unmarshal"  # what was read does not fit an object: the reading was well
MARKER = "between-two-files"
_TIMEOUT = 60
_DELIBERATE = ("is there twice", "nested deeper than", "once its aliases are followed")
Objects = list[Any] | None  # None: refused


@dataclass(frozen=True)
class Difference:
    text: str
    ours: str
    kubectl: str

    def __str__(self) -> str:
        return f"{self.text!r}\n    ours:    {self.ours}\n    kubectl: {self.kubectl}"


def differences(kubectl: str, files: Sequence[str]) -> Iterator[Difference]:
    """Where the two read a file otherwise; what we refuse on purpose is no difference."""
    for text, theirs in zip(files, many(kubectl, files), strict=True):
        ours, reason = _ours(text)
        if ours is None and any(word in reason for word in _DELIBERATE):
            continue
        if _canonical(ours) != _canonical(theirs):
            found, said = one(kubectl, text)  # by itself: not every complaint names its file
            if _METADATA not in said and _canonical(ours) != _canonical(found):
                yield Difference(text, _canonical(ours) + reason, _canonical(found) + said)


def many(kubectl: str, files: Sequence[str]) -> list[Objects]:
    """The objects of each file, None for those that kubectl names in an error."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        for number, text in enumerate(files):
            (folder / f"{number:06}-a.yaml").write_bytes(text.encode(errors="surrogatepass"))
            (folder / f"{number:06}-b.yaml").write_text(f"apiVersion: v1\nkind: {MARKER}\nmetadata: {{name: m}}\n")
        _, printed, said = _label(kubectl, str(folder))
    groups: list[list[Any]] = [[]]
    for item in _objects(printed):
        if item.get("kind") == MARKER:
            groups.append([])
        else:
            groups[-1].append(item)
    if len(groups) != len(files) + 1:
        raise RuntimeError(f"{len(groups) - 1} markers of {len(files)} were printed: {said[:500]}")
    return [None if f"{number:06}-a.yaml" in said else found for number, found in enumerate(groups[:-1])]


def one(kubectl: str, text: str) -> tuple[Objects, str]:
    """The same for a single file, whatever it is that kubectl complains of; and the complaint."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        path = Path(name) / "a.yaml"
        path.write_bytes(text.encode(errors="surrogatepass"))
        code, printed, said = _label(kubectl, str(path))
    nothing = "no objects passed to label" in said
    return (None if code and not nothing else _objects(printed)), "" if nothing else said.strip()


def raw(kubectl: str, values: Sequence[str]) -> list[str | None]:
    """The JSON text that kubectl makes of each value of a key; None where it refuses."""
    head = "apiVersion: v1\nkind: A\nmetadata: {name: a}\nzz: "
    found = []
    for value in values:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
            path = Path(name) / "a.yaml"
            path.write_bytes(f"{head}{value}\n".encode())
            code, printed, _ = _label(kubectl, str(path))
        text = printed.partition('"zz": ')[2].rpartition("\n}")[0]
        found.append(None if code else " ".join(line.strip(" ") for line in text.split("\n")))
    return found


def _label(kubectl: str, path: str) -> tuple[int, str, str]:
    argv = [kubectl, "label", "--local", "-f", path, "-o", "json", "no-such-label-"]
    done = subprocess.run(argv, capture_output=True, timeout=_TIMEOUT, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")


def _objects(printed: str) -> list[Any]:
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(printed.rstrip()):
        value, at = decoder.raw_decode(printed, at)
        found.append(value)
        at += len(printed[at : at + 1])  # one newline behind each
    return found


def _ours(text: str) -> tuple[Objects, str]:
    try:
        return [item for document in read(text, "f") for item in _taken_apart(document.value)], ""
    except Fatal as error:
        return None, f" ({error})"


def _taken_apart(value: Any) -> Iterator[Any]:
    """As kubectl takes a value for an object, or for a list of objects when it has `items`, which hold no lists."""
    if not isinstance(value, dict) or not _kind(value):
        raise Fatal("no object")
    if "items" not in value:
        yield value
        return
    if not isinstance(value["items"], list | None):
        raise Fatal("items is no list")
    for item in (_with_kind({} if item is None else item, value) for item in value["items"] or []):
        if not isinstance(item, dict) or isinstance(item.get("items"), list):
            raise Fatal("an item is no object, or a list itself")
        if not _kind(item) or not _text(item, "apiVersion"):
            raise Fatal("an item without kind or apiVersion")
        yield item


def _with_kind(item: Any, parent: dict[str, Any]) -> Any:
    if not isinstance(item, dict) or _text(item, "kind") or _text(item, "apiVersion"):
        return item
    return {**item, "kind": str(parent["kind"]).removesuffix("List"), "apiVersion": _text(parent, "apiVersion")}


def _kind(value: dict[str, Any]) -> str:
    return _text(value, "kind") if _text(value, "apiVersion").count("/") < 2 else ""


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _canonical(objects: Objects) -> str:
    if objects is None:
        return "refused"
    return json.dumps([_plain(_without_labels(item)) for item in objects], sort_keys=True)


def _without_labels(item: Any) -> Any:
    """The command that prints leaves an empty mapping of labels."""
    meta = item.get("metadata") or {}
    meta = {key: value for key, value in meta.items() if key != "labels"} if isinstance(meta, dict) else meta
    return {**{key: value for key, value in item.items() if key != "metadata"}, **({"metadata": meta} if meta else {})}


def _plain(value: Any) -> Any:
    """Beyond 64 bits one number has several spellings."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    large = isinstance(value, int) and not -(2**63) <= value < 2**63
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
    return float(value) if large else int(value) if whole else value
