"""EventBridge's event patterns: does an event match?

Every key of the pattern must match; a list means "any of these"; a mapping goes deeper. A list in the event
matches when any of its items does. What a pattern does not name does not matter.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ABSENT: Any = object()
Compare = Callable[[Any, Any], bool]


class InvalidPattern(Exception):
    """A pattern that EventBridge would not have taken."""


def matches(pattern: Mapping[str, Any], event: Any) -> bool:
    """Whether the event has all that the pattern asks for."""
    return all(_key(key, wanted, event) for key, wanted in pattern.items())


def _key(key: str, wanted: Any, event: Any) -> bool:
    if key == "$or" and isinstance(wanted, list):
        return any(matches(each, event) for each in wanted)
    value = event.get(key, ABSENT) if isinstance(event, Mapping) else ABSENT
    if isinstance(wanted, Mapping):
        return _deeper(wanted, value)
    if not isinstance(wanted, list):
        raise InvalidPattern(f'"{key}" must be an object or an array')
    return any(_filter(each, value) for each in wanted)


def _deeper(wanted: Mapping[str, Any], value: Any) -> bool:
    """An absent object still matches what asks for absence."""
    if isinstance(value, list):
        return any(matches(wanted, item) for item in value)
    return matches(wanted, value if isinstance(value, Mapping) else {})


def _filter(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        if len(wanted) != 1:
            raise InvalidPattern(f"only one key in a match expression: {sorted(wanted)}")
        ((name, operand),) = wanted.items()
        if name == "exists":
            return _exists(operand, value)
        compare = _COMPARE.get(name)
        if compare is None:
            raise InvalidPattern(f"unrecognized match type {name}")
        return any(compare(operand, item) for item in _items(value))
    return any(_same(wanted, item) for item in _items(value))


def _exists(operand: Any, value: Any) -> bool:
    """Of leaves only: an object is not a value."""
    there = value is not ABSENT and not isinstance(value, Mapping)
    return there is bool(operand)


def _items(value: Any) -> Sequence[Any]:
    if value is ABSENT or isinstance(value, Mapping):
        return ()
    return value if isinstance(value, list) else (value,)


def _same(wanted: Any, value: Any) -> bool:
    """1 and 1.0 are the same number; 1 and true are not the same."""
    if isinstance(wanted, bool) or isinstance(value, bool) or wanted is None or value is None:
        return wanted is value
    return bool(wanted == value)


def _listed(operand: Any) -> list[Any]:
    return operand if isinstance(operand, list) else [operand]


def _prefix(operand: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(operand, Mapping):
        return any(value.casefold().startswith(str(each).casefold()) for each in _ignoring_case(operand))
    return any(value.startswith(each) for each in _listed(operand))


def _suffix(operand: Any, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if isinstance(operand, Mapping):
        return any(value.casefold().endswith(str(each).casefold()) for each in _ignoring_case(operand))
    return any(value.endswith(each) for each in _listed(operand))


def _ignoring_case(operand: Mapping[str, Any]) -> list[Any]:
    if set(operand) != {"equals-ignore-case"}:
        raise InvalidPattern(f"unrecognized match type {sorted(operand)}")
    return _listed(operand["equals-ignore-case"])


def _equals_ignore_case(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and any(value.casefold() == str(each).casefold() for each in _listed(operand))


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        ((name, inner),) = operand.items()
        if name not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise InvalidPattern(f"unrecognized match type {name} in anything-but")
        return not _COMPARE[name](inner, value)
    return not any(_same(each, value) for each in _listed(operand))


def _numeric(operand: Any, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if not isinstance(operand, list) or len(operand) % 2:
        raise InvalidPattern("numeric needs pairs of an operator and a number")
    return all(_ORDER[sign](value, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))


def _cidr(operand: Any, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _wildcard(operand: Any, value: Any) -> bool:
    return isinstance(value, str) and any(
        re.fullmatch(_expression(each), value, re.DOTALL) for each in _listed(operand)
    )


def _expression(wildcard: str) -> str:
    r"""`*` is any text, `\*` a star, `\\` a backslash."""
    pieces = re.split(r"(\\[*\\]|\*)", wildcard)
    return "".join(".*" if piece == "*" else re.escape(re.sub(r"\\([*\\])", r"\1", piece)) for piece in pieces)


_ORDER: dict[str, Compare] = {
    "<": lambda value, bound: bool(value < bound),
    "<=": lambda value, bound: bool(value <= bound),
    "=": lambda value, bound: bool(value == bound),
    ">=": lambda value, bound: bool(value >= bound),
    ">": lambda value, bound: bool(value > bound),
}

_COMPARE: dict[str, Compare] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
    "wildcard": _wildcard,
}
