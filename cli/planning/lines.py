"""Changes of properties → words: short, on one line, never the whole of a long text. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.planning.changes import PropertyChange
from cli.planning.compare import leaves
from cli.planning.names import Names
from cli.planning.template import Path, plain, text

LONGEST = 60  # characters of a value
ASSET = re.compile(r"[0-9a-f]{64}(\.\w+)?")
# Path → the field's words for it; the rest of a path is CloudFormation's own.
WORDS = {
    "EndpointPublicAccess": "public endpoint",
    "EndpointPrivateAccess": "private endpoint",
    "PublicAccessCidrs": "addresses that reach the public endpoint",
    "KubernetesNetworkConfig.ServiceIpv4Cidr": "addresses of Services",
    "ExecutionMode": "execution mode",
    "OnFailure.Result": "when it fails",
    "TimeoutInMinutes": "timeout in minutes",
    "ScalingConfig.MinSize": "least nodes",
    "ScalingConfig.MaxSize": "most nodes",
    "ScalingConfig.DesiredSize": "nodes at first",
}
LEFT_OUT = ("ResourcesVpcConfig", "Environment", "Variables", "Configuration", "Properties")


@dataclass(frozen=True)
class Line:
    """`ids` are the logical ids of the resources that it tells of."""

    text: str
    details: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def property_texts(found: Iterable[PropertyChange], names: Names) -> Iterator[str]:
    """One for each part that differs, also inside JSON that a string holds; differences in words alone."""
    for each in found:
        if _is_asset(each):
            yield "new code"
            continue
        for leaf in _small(leaves(plain(each.before, names.full), plain(each.after, names.full), each.path)):
            yield f"{_path_text(leaf.path)}: {_shift(leaf, names)}"


def _small(found: Iterable[PropertyChange]) -> Iterator[PropertyChange]:
    """A mapping that is new, or goes, key by key."""
    for each in found:
        whole = each.after if each.before is None else each.before if each.after is None else None
        if isinstance(whole, Mapping):
            yield from _small(leaves(each.before or {}, each.after or {}, each.path))
        else:
            yield each


def _is_asset(found: PropertyChange) -> bool:
    """CDK names the file of an asset after the hash of what is in it."""
    return all(isinstance(value, str) and ASSET.fullmatch(value) for value in (found.before, found.after))


def _shift(found: PropertyChange, names: Names) -> str:
    before, after = (_short(value, names) for value in (found.before, found.after))
    if isinstance(found.before, list) and isinstance(found.after, list):
        old, new = ([_short(item, names) for item in value] for value in (found.before, found.after))
        more, less = [item for item in new if item not in old], [item for item in old if item not in new]
        if more or less:
            return ", ".join([*(f"+ {item}" for item in more), *(f"- {item}" for item in less)])
    return "other text" if before == after else f"{before} → {after}"


def _short(value: Any, names: Names) -> str:
    if value is None:
        return "not set"
    words = text(value, names.full) if not isinstance(value, bool) else str(value).lower()
    lines = words.count("\n") + 1
    if lines > 1:
        return f"a text of {lines} lines"
    if not words:
        return "nothing"
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _path_text(path: Path) -> str:
    whole = ".".join([*(part for part in path[:2] if part not in LEFT_OUT), *path[2:]])
    return WORDS.get(whole, whole or ".".join(path))
