"""Object -> its values that are secrets, whoever says so: its kind, the name of a variable, a copy of it. Pure."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SHORTEST_NAMED = 6  # of a value that only its name makes a secret: shorter ones are words like `true`
_PAYLOAD = frozenset({"data", "stringData", "binaryData", "encryptedData"})
_NAMES = re.compile(
    r"(passw(or)?d|passphrase|token|secret|credentials?|(api|private|secret|access|signing|encryption)[-_.]?key)\Z",
    re.IGNORECASE,
)

_TELLING = re.compile(r"passw|passphrase|token|secret|credential|key|last-applied|\\\\", re.IGNORECASE)


def may_tell(text: str) -> bool:
    """Whether a document may hold hidden values; an escape may hide the name of one."""
    return bool(_TELLING.search(text))


def hidden_values(item: dict[str, Any]) -> Iterator[str]:
    """Of Secrets and what is like one: all they hold; of every object: variables and fields whose names tell."""
    kind = str(item.get("kind") or "")
    if kind == "Secret" and item.get("apiVersion") == "v1":
        yield from secret_values(item)
    elif "Secret" in kind:
        yield from _payload(item)
    else:
        yield from named_values(item)
    copy = ((item.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if isinstance(copy, str):
        yield from _of_copy(copy)


def secret_values(secret: dict[str, Any]) -> list[str]:
    """Also of one that is none: the server refuses it, and quotes it."""
    values = list(_texts(secret.get("stringData")))
    for encoded in _texts(secret.get("data")):
        values.append(encoded)
        try:
            values.append(base64.b64decode(encoded, validate=True).decode())
        except ValueError:
            continue  # not text: its encoded form is masked all the same
    return values


def named_values(value: Any) -> Iterator[str]:
    """The texts under names that say what they are: of fields, and of variables in lists of them."""
    if isinstance(value, dict):
        name = value.get("name")
        for key, inner in value.items():
            told = name if key == "value" and isinstance(name, str) else str(key)
            if not isinstance(inner, str):
                yield from named_values(inner)
            elif len(inner) >= SHORTEST_NAMED and _NAMES.search(told):
                yield inner
    elif isinstance(value, list):
        for inner in value:
            yield from named_values(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


def _payload(value: Any, inside: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _payload(inner, inside or key in _PAYLOAD)
    elif isinstance(value, list):
        for inner in value:
            yield from _payload(inner, False)  # references to where the values are, as external secrets have them
    elif inside and isinstance(value, str):
        yield value


def _of_copy(text: str) -> Iterator[str]:
    """What an annotation holds of the object as it once was."""
    try:
        old = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(old, dict) and not ((old.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED):
        yield from hidden_values(old)
