"""One key of pipeline.yaml, told from the model: what it means, what it takes, what it stands for when left out."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from pipeline.config.docs import default_of, flat, kind_of, references, schema

_LINK = re.compile(r"\[(?P<name>\w+)\]\(#\w+\)")  # of the page


class UnknownKey(Exception):
    """`known` are the keys that may stand where it was looked for."""

    def __init__(self, key: str, near: list[str], known: list[str]) -> None:
        super().__init__(f"there is no key `{key}`")
        self.near = near
        self.known = known


def reference(path: str) -> list[str]:
    """Lines for a person; UnknownKey for what the model does not have."""
    made = schema()
    places, described, required = [made], made, False
    trail: list[str] = []
    for key in path.split("."):
        keys = {name: each for place in places for name, each in (place.get("properties") or {}).items()}
        if key not in keys and _takes_names(described):
            trail = [*trail, key]  # one that the user has given
            continue
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            raise UnknownKey(".".join([*trail, key]), near, sorted(keys))
        required = any(key in place.get("required", []) for place in places)
        described, trail = keys[key], [*trail, key]
        places = [made["$defs"][name] for name in dict.fromkeys(references(described))]
    return list(_lines(".".join(trail), described, places, required, made["$defs"]))


def _takes_names(described: dict[str, Any]) -> bool:
    options = [described, *described.get("anyOf", [])]
    return any("patternProperties" in each or isinstance(each.get("additionalProperties"), dict) for each in options)


def _lines(
    path: str, described: dict[str, Any], places: list[dict[str, Any]], required: bool, definitions: dict[str, Any]
) -> Iterator[str]:
    yield f"{path}: {_LINK.sub(lambda found: found['name'], kind_of(described, definitions))}"
    yield f"  {flat(described.get('description', ''))}"
    default = default_of(described).strip("`")
    yield "  required" if required else f"  default: {default}" if default else "  may be left out"
    for place in places:
        if place.get("properties"):
            yield f"  {place['title']}: {flat(place.get('description', ''))}"
            for key, value in place["properties"].items():
                yield f"    {key:<16} {flat(value.get('description', ''))}"
