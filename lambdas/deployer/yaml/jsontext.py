"""A JSON object as Kubernetes reads it, with duplicate keys refused."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from deployer.errors import Fatal
from deployer.yaml.limits import DEEPEST, MOST_NODES
from deployer.yaml.scalars import NoMeaning, in_json

_HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair


def read(text: str, at: str) -> Any:
    """The value; `at` is the place in errors. The text is known to be JSON."""
    try:
        return _checked(_DECODER.decode(text), DEEPEST, [MOST_NODES])
    except NoMeaning as error:
        raise Fatal(f"{error}.", subject=at, kind="ConfigurationError") from error


def _mapping(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    raise NoMeaning(f"key {next(name for name in names if names.count(name) > 1)!r} is there twice")


def _number(text: str) -> Any:
    whole = int(text) if len(text) < 21 and text.lstrip("-").isdigit() else None
    if whole is not None and -(2**63) <= whole < 2**63:
        return whole
    if math.isinf(float(text)):
        raise NoMeaning(f"{text} is beyond what a number can be")
    return in_json(float(text), text)


def _checked(value: Any, depth: int, left: list[int]) -> Any:
    """The value within the limits, halves of surrogate pairs replaced."""
    left[0] -= 1
    if depth < 0 or left[0] < 0:
        raise NoMeaning(f"nested deeper than {DEEPEST}" if depth < 0 else f"more than {MOST_NODES} values")
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_checked(item, depth - 1, left) for item in value]
    if isinstance(value, dict):
        return {_HALF.sub("\ufffd", name): _checked(item, depth - 1, left) for name, item in value.items()}
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_mapping, parse_int=_number, parse_float=_number)
