"""Policy documents as frozen statements that can be asked whether they match."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]  # (operator, key, values)


@dataclass(frozen=True)
class Principals:
    """Who a statement of a trust or resource policy speaks of; `negated` for NotPrincipal."""

    aws: frozenset[str]
    services: frozenset[str]
    federated: frozenset[str]
    negated: bool = False


@dataclass(frozen=True)
class Patterns:
    """Action or Resource, or their negation."""

    texts: tuple[str, ...]
    negated: bool
    ignore_case: bool

    def match(self, value: str) -> bool:
        return any(_pattern(text, self.ignore_case).fullmatch(value) for text in self.texts) is not self.negated


@dataclass(frozen=True)
class Statement:
    effect: Literal["Allow", "Deny"]
    actions: Patterns
    resources: Patterns | None  # None in trust policies, whose resource is the role itself
    conditions: Conditions
    principals: Principals | None

    def speaks_of(self, action: str, resource: str) -> bool:
        return self.actions.match(action) and (self.resources is None or self.resources.match(resource))


@lru_cache(maxsize=1024)
def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document (JSON text). ValueError when it is none."""
    content = json.loads(document)
    return tuple(_statement(each) for each in _listed(content.get("Statement", [])))


def _statement(raw: Mapping[str, Any]) -> Statement:
    effect = raw["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"Effect must be Allow or Deny, not {effect!r}")
    actions = _patterns(raw, "Action", ignore_case=True)
    if actions is None:
        raise ValueError("a statement needs Action or NotAction")
    return Statement(
        effect,
        actions,
        _patterns(raw, "Resource", ignore_case=False),
        tuple(_conditions(raw.get("Condition", {}))),
        _principals(raw),
    )


def _patterns(raw: Mapping[str, Any], key: str, ignore_case: bool) -> Patterns | None:
    for name, negated in ((key, False), (f"Not{key}", True)):
        if name in raw:
            return Patterns(tuple(str(each) for each in _listed(raw[name])), negated, ignore_case)
    return None


def _conditions(raw: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    for operator, keys in raw.items():
        for key, values in keys.items():
            yield operator, key, tuple(_text(value) for value in _listed(values))


def _principals(raw: Mapping[str, Any]) -> Principals | None:
    for name, negated in (("Principal", False), ("NotPrincipal", True)):
        if name in raw:
            given = raw[name]
            if isinstance(given, str):
                given = {"AWS": given, "Service": given, "Federated": given}
            aws, services, federated = (
                frozenset(str(each) for each in _listed(given.get(kind, [])))
                for kind in ("AWS", "Service", "Federated")
            )
            return Principals(aws, services, federated, negated)
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@lru_cache(maxsize=4096)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:
    """`*` is any run of characters, `?` exactly one, as IAM reads them."""
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def wildcard(text: str, value: str) -> bool:
    return _pattern(text, False).fullmatch(value) is not None
