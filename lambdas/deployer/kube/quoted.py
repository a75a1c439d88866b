"""API errors quote what was sent: `.stringData.p: expected string, got ...{Value:123}`. Here it is taken out again.

Not everything, or nobody could tell what is wrong: what a field's place makes a likely secret, in whichever object.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from deployer.hidden import LAST_APPLIED, secret_values
from deployer.kube.errors import ApiError, Status
from deployer.objects import Object
from deployer.redact import MASK, SHORTEST, Redactor
from deployer.values import replace

PIECE = 12  # characters of a value that are a part of it, and not a word that it shares with the message
LONGEST = 64 * 1024  # of a value that is looked for in pieces
_HOLDERS = frozenset({"data", "stringData", "binaryData", "encryptedData"})
_LISTS = frozenset({"env", "args", "command"})
_TELLING = re.compile(r"pass(word|wd|phrase)?$|token$|secret$|credentials?$|(api|private|access|secret)[-_]?key$", re.I)


def redacted(status: Status, sent: Object) -> Status:
    """The status without the values of `sent` that are or may be secrets, in its message and its causes."""
    values = set(sensitive(sent))
    if not values:
        return status
    known = Redactor()
    known.learn(values)

    def clean(text: str) -> str:
        return _short(known.mask(_pieces(text, values)), values)

    causes = tuple((reason, field, clean(text)) for reason, field, text in status.causes)
    return replace(status, message=clean(status.message), causes=causes)


def quoting_nothing(error: ApiError, sent: Object) -> ApiError:
    """The same refusal, with its status `redacted`."""
    return type(error)(redacted(error.status, sent), error.subject, error.remedy, error.kind)


def sensitive(sent: Object) -> Iterator[str]:
    """The likely secrets of an object, as the server may quote them."""
    kind = str(sent.get("kind") or "")
    if kind == "Secret":
        yield from secret_values(sent)
    for key, value in sent.items():
        if key in _HOLDERS or ("Secret" in kind and key == "spec"):
            yield from _leaves(value)
        else:
            yield from _within(key, value)


def _within(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if key in _LISTS:  # a map where a list belongs: its values are quoted, too
            yield from _leaves(value)
            return
        for name, inner in value.items():
            yield from _within(str(name), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entry(inner) if key in _LISTS else _within(key, inner)
    elif _TELLING.search(key) or key == LAST_APPLIED:
        yield from _leaves(value)


def _entry(entry: Any) -> Iterator[str]:
    """One variable or argument: its value, not its name or where it comes from."""
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key not in ("name", "valueFrom"):
                yield from _leaves(value)
    else:
        yield from _leaves(entry)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None and not isinstance(value, bool) and value != "":
        yield str(value)
        if isinstance(value, float):
            yield f"{value:g}"


def _short(text: str, values: set[str]) -> str:
    """Values too short to be looked for anywhere are taken out where they stand alone."""
    for value in values:
        if len(value) < SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, text)
    return text


def _pieces(text: str, values: set[str]) -> str:
    """Parsers quote the neighbourhood of an error: part of a value is taken out as well."""
    forms = {form for each in values if PIECE <= len(each) <= LONGEST for form in (each, json.dumps(each)[1:-1])}
    for value in sorted(forms, key=len, reverse=True):
        at = 0
        while at + PIECE <= len(text):
            end = at + PIECE
            if text[at:end] not in value:
                at += 1
                continue
            while end < len(text) and text[at : end + 1] in value:
                end += 1
            text = text[:at] + MASK + text[end:]
            at += len(MASK)
    return text
