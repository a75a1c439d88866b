"""`#{namespace.variable}` in an action's configuration: resolved once, right before the action starts."""

import json
import re
from collections.abc import Mapping
from typing import Any

REFERENCE = re.compile(r"#\{([^{}]*)\}")
ENVIRONMENT = "EnvironmentVariables"
LISTS = (ENVIRONMENT, "Commands")  # JSON
MAX_RESOLVED_BYTES = 100 * 1024

Namespaces = Mapping[str, Mapping[str, str]]


class Unresolved(Exception):
    """A reference to a variable that no finished action gave."""


def resolve(configuration: Mapping[str, str], namespaces: Namespaces) -> dict[str, str]:
    """The configuration with every reference replaced; values are never resolved a second time."""
    resolved = {key: _value(key, value, namespaces) for key, value in configuration.items()}
    if sum(len(value.encode()) for value in resolved.values()) > MAX_RESOLVED_BYTES:
        raise Unresolved("The resolved action configuration is larger than 100 KB")
    return resolved


def _value(key: str, value: str, namespaces: Namespaces) -> str:
    if key in LISTS and REFERENCE.search(value):
        return _inside(value, namespaces)
    return _text(value, namespaces)


def _inside(value: str, namespaces: Namespaces) -> str:
    """A JSON list of texts or of {name, value}: resolved in its strings, so that a quote in a message stays text."""
    try:
        entries = json.loads(value)
    except ValueError:
        return _text(value, namespaces)
    return json.dumps([_entry(entry, namespaces) for entry in entries])


def _entry(entry: Any, namespaces: Namespaces) -> Any:
    if isinstance(entry, str):
        return _text(entry, namespaces)
    return {key: _text(item, namespaces) if isinstance(item, str) else item for key, item in entry.items()}


def _text(value: str, namespaces: Namespaces) -> str:
    def replaced(match: re.Match[str]) -> str:
        namespace, _, name = match.group(1).partition(".")
        found = namespaces.get(namespace, {}).get(name)
        if found is None:
            raise Unresolved(
                f"The variable {match.group(0)} could not be resolved: no action with the namespace "
                f"{namespace!r} gave an output variable {name!r}"
            )
        return found

    return REFERENCE.sub(replaced, value)
