"""`#{namespace.variable}` in an action's configuration: resolved once, right before the action starts."""

import json
import re
from collections.abc import Mapping

REFERENCE = re.compile(r"#\{([^{}]*)\}")
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
    if key == "EnvironmentVariables" and REFERENCE.search(value):
        return _environment(value, namespaces)
    return _text(value, namespaces)


def _environment(value: str, namespaces: Namespaces) -> str:
    """A JSON list of {name, value}: resolved inside its strings, so that a quote in a commit message stays text."""
    try:
        entries = json.loads(value)
    except ValueError:
        return _text(value, namespaces)
    return json.dumps(
        [
            {key: _text(item, namespaces) if isinstance(item, str) else item for key, item in entry.items()}
            for entry in entries
        ]
    )


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
