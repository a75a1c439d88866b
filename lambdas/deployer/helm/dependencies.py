"""What a chart depends on must be vendored in its charts/, as its lock says: nothing is downloaded at deploy time."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from deployer.errors import Fatal

REMEDY = "Run `helm dependency build {chart}` and commit its charts/ folder: nothing is downloaded when it is deployed."
# Helm's order and rules of the fields that its digest is made of; those that are empty are left out, but these two.
_FIELDS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")
_ALWAYS = ("name", "repository")
Mappings = Mapping[str, dict[str, Any]]


def check(chart: str, metadata: dict[str, Any], lists: Mappings, vendored: Mapping[str, str], *, needed: bool) -> None:
    """Fatal for a lock that belongs to other dependencies, and for one that is not vendored, or in another version.

    `lists` are the chart's Chart.lock or requirements files; `vendored` names what is in charts/, with its version;
    `needed`: whether a missing one is told here (helm tells of those of subcharts).
    """
    wanted = _entries(metadata if "dependencies" in metadata else lists.get("requirements.yaml", {}))
    lock = lists.get("Chart.lock") or lists.get("requirements.lock")
    missing = [entry["name"] for entry in wanted if entry["name"] not in vendored]
    if missing and needed:
        raise _refuse(chart, f"its dependencies {', '.join(sorted(set(missing)))} are not in its charts/")
    if lock is None:
        return
    locked = _entries(lock)
    if str(lock.get("digest")) not in _digests(wanted, locked):
        raise _refuse(chart, "its lock is of other dependencies than it lists")
    for entry in locked:
        found = vendored.get(entry["name"])
        if found is not None and found.removeprefix("v") not in _versions(locked, entry["name"]):
            raise _refuse(chart, f"its lock says {entry['name']} {entry['version']}, and its charts/ hold {found}")


def _entries(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = data.get("dependencies") or []
    return [each for each in found if isinstance(each, dict) and each.get("name")] if isinstance(found, list) else []


def _versions(locked: list[dict[str, Any]], name: str) -> set[str]:
    """A chart may be there under several aliases, each in a version of its own."""
    return {str(entry.get("version")).removeprefix("v") for entry in locked if entry["name"] == name}


def _digests(wanted: list[dict[str, Any]], locked: list[dict[str, Any]]) -> set[str]:
    """Helm's digest of a list and its lock; the second is what Helm 2 wrote."""
    pairs = [_plain(each) for each in wanted], [_plain(each) for each in locked]
    return {_digest(list(pairs)), _digest({"dependencies": pairs[0]})}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        name: entry.get(name) or "" if name in _ALWAYS else entry[name]
        for name in _FIELDS
        if name in _ALWAYS or entry.get(name)
    }


def _digest(value: Any) -> str:
    """Of the bytes that Go's encoder writes."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _refuse(chart: str, reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject=chart, remedy=REMEDY.format(chart=chart), kind="ConfigurationError")
