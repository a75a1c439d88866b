"""Text -> parts: where kubectl cuts a file before any parser sees it.

A line that starts with `---` cuts, wherever it stands; what begins with `{` is read as JSON objects one after the other
as far as that goes. Both are simpler than YAML's own rules, and which objects a file holds depends on them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from deployer.errors import Fatal

LARGEST = 20 * 1024 * 1024
_BLANK = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_JSON_BLANK = re.compile(r"[ \t\r\n]*")
_LOOKS_AHEAD = 4096


class Part(NamedTuple):
    """One document's text; `start` and `line` count code points and lines of the file before it, its mark left out."""

    text: str
    start: int
    line: int
    json: bool = False


def split(text: str, name: str) -> Iterator[Part]:
    """The parts in order, empty ones too; `name` is the file in errors."""
    if len(text) > LARGEST:
        raise Fatal(f"larger than {LARGEST // 2**20} MiB.", subject=name, kind="ConfigurationError")
    text = text.removeprefix("\ufeff")
    at = 0
    if text[:_LOOKS_AHEAD].lstrip(_BLANK).startswith("{"):
        for part in _json(text, name):
            yield part
            at = part.start + len(part.text)
        at = _over_blank(text, at, name) if _after_blank(text, at) < len(text) else len(text)
    yield from _yaml(text, at, name)


def _yaml(text: str, start: int, name: str) -> Iterator[Part]:
    line, at = text.count("\n", 0, start), start
    while (cut := _separator(text, at, start)) >= 0:
        end = text.find("\n", cut)
        end = len(text) if end < 0 else end + 1
        _check_separator(text, cut, end, name)
        if cut > start:
            yield _part(text, start, cut, line)
            line += text.count("\n", start, end)
            start = end
        # else the separator leads its part, and belongs to it
        at = end
    if start < len(text):
        yield _part(text, start, len(text), line)


def _part(text: str, start: int, end: int, line: int) -> Part:
    start += text.startswith("\ufeff", start)
    return Part(text[start:end], start, line)


def _separator(text: str, at: int, start: int) -> int:
    """Where the next line that starts with `---` is, from a line's beginning on; -1 if there is none."""
    if text.startswith("---", at) and at >= start:
        return at
    found = text.find("\n---", at)
    return found + 1 if found >= 0 else -1


def _check_separator(text: str, cut: int, end: int, name: str) -> None:
    rest = text[cut + 3 : end].strip(_BLANK)
    if rest and not rest.startswith("#"):
        raise Fatal(
            "text after `---` on the same line: kubectl refuses it.",
            subject=f"{name}:{text.count(chr(10), 0, cut) + 1}:1",
            remedy="Begin the document on the next line.",
            kind="ConfigurationError",
        )


def _json(text: str, name: str) -> Iterator[Part]:
    at, count = 0, 0
    while (at := _after_blank(text, at)) < len(text):
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if count > 1:  # one object may be YAML's flow style, two are JSON
                raise _not_json(text, at, name) from error
            return
        yield Part(text[at:end], at, text.count("\n", 0, at), json=True)
        at, count = end, count + 1


def _after_blank(text: str, at: int) -> int:
    found = _JSON_BLANK.match(text, at)
    return found.end() if found else at


def _over_blank(text: str, at: int, name: str) -> int:
    """Past blanks, up to the first line's end; kubectl wants four bytes there, or it gives up."""
    began = at
    while text[at - 1] != "\n" or at == began:
        if len(text[at : at + 4].encode(errors="replace")) < 4:
            raise _not_json(text, at, name)
        if text[at] not in _BLANK:
            break
        at += 1
    return at


def _not_json(text: str, at: int, name: str) -> Fatal:
    return Fatal("not JSON.", subject=f"{name}:{text.count(chr(10), 0, at) + 1}", kind="ConfigurationError")


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _any(_: Any) -> None:
    """Where a JSON text ends does not depend on its values."""


_DECODER = json.JSONDecoder(object_pairs_hook=_any, parse_float=_any, parse_int=_any, parse_constant=_no_number)
