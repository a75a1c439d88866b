"""Masking: no value of a Secret leaves the process in a message, however the API or a pod words it."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

MASK = "********"
SHORTEST = 4  # masking shorter values would mask half of every message
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|\x1b\[[0-9;]*[A-Za-z]")


class Redactor:
    """Grows as secrets become known; masks each in the forms that messages quote it in."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, values: Iterable[str]) -> None:
        for value in values:
            for part in {value, *value.splitlines()}:
                if len(part.strip()) >= SHORTEST:
                    self._known.update(_forms(part))

    def learn_objects(self, objects: Iterable[dict[str, Any]]) -> None:
        """Every value of every Secret among the objects."""
        for item in objects:
            if item.get("kind") == "Secret" and item.get("apiVersion") == "v1":
                self.learn(secret_values(item))

    def mask(self, text: str) -> str:
        for form in sorted(self._known, key=len, reverse=True):
            if form in text:
                text = text.replace(form, MASK)
        return text

    def clean(self, text: str) -> str:
        """Masked, and free of control characters: what a message to people may hold."""
        return _CONTROL.sub("", self.mask(text))


def secret_values(secret: dict[str, Any]) -> list[str]:
    values = [str(value) for value in (secret.get("stringData") or {}).values()]
    for encoded in (secret.get("data") or {}).values():
        values.append(str(encoded))
        try:
            values.append(base64.b64decode(str(encoded), validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue  # not text: its encoded form is masked all the same
    return values


def _forms(value: str) -> set[str]:
    raw = value.encode()
    forms = {value, json.dumps(value)[1:-1], quote(value, safe=""), base64.b64encode(raw).decode()}
    forms.add(base64.urlsafe_b64encode(raw).decode().rstrip("="))
    for offset in (1, 2):  # inside a longer base64 text the value starts at any of three offsets
        inner = base64.b64encode(b"\0" * offset + raw).decode()[4:].rstrip("=")[:-1]
        forms.add(inner)
    return {form for form in forms if len(form) >= SHORTEST}
