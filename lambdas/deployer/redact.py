"""Masking: no value of a Secret leaves the process in a message, however the API, a pod or a program words it."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from deployer.hidden import hidden_values

MASK = "********"
SHORTEST = 4  # masking shorter values would mask half of every message
SHORTEST_PART = 8  # of a value that is a document: its words are often those of every message
SHORTEST_PIECE = 6  # of a value that was cut at the edge of a text
FEW = 400  # forms; more are looked up by their beginnings instead of one by one
WRAPPED = 76  # characters of a line of wrapped base64
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]|\x1b\[[0-9;]*[A-Za-z]")
_PLAIN = re.compile(r"[ !#$%()*+,./0-9:;=?@A-Z\[\]^_`a-z{|}~-]*\Z")  # nobody escapes any of these
NESTED = 3  # quotes within quotes
LONGEST_NESTED = 2048
# json.dumps of Go, which escapes what HTML reads, too
_GO = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

_QUOTES: tuple[Callable[[str], str], ...] = (
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1].translate(_GO),
    lambda text: repr(text)[1:-1],
    lambda text: ascii(text)[1:-1],
    lambda text: repr('"' + text)[2:-1],  # single quotes around double ones
)

Span = tuple[int, int]


class Redactor:
    """Grows as secrets become known; masks each in the forms that messages quote it in."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._by_beginning: dict[str, list[str]] = {}

    def learn(self, values: Iterable[str]) -> None:
        found: set[str] = set()
        for value in values:
            for part in {value, *value.splitlines(), *_parts(value)}:
                if len(part.strip()) >= SHORTEST:
                    found.update(_forms(part))
        new = found - self._known
        # Replaced as a whole: another thread may be masking.
        beginnings = {begin: list(forms) for begin, forms in self._by_beginning.items()} if new else {}
        for form in new:
            beginnings.setdefault(form[:SHORTEST], []).append(form)
        if new:
            self._known, self._by_beginning = self._known | new, beginnings

    def learn_objects(self, objects: Iterable[dict[str, Any]]) -> None:
        """The values of the objects that are secrets: `deployer.hidden`."""
        self.learn(value for item in objects for value in hidden_values(item))

    def mask(self, text: str) -> str:
        return _covered(text, self._spans(text))

    def mask_cut(self, text: str) -> str:
        """The same of a text that somebody may have cut: what is left of a secret at its edges is masked, too."""
        return _covered(text, [*self._spans(text), *self._edges(text)])

    def clean(self, text: str) -> str:
        """Masked, and free of control characters: what a message to people may hold."""
        return _CONTROL.sub("", self.mask(text))

    def clean_cut(self, text: str) -> str:
        """The same of a text that somebody may have cut."""
        return _CONTROL.sub("", self.mask_cut(text))

    def _spans(self, text: str) -> Iterator[Span]:
        """Where secrets stand, overlapping ones as well."""
        if len(self._known) <= FEW:
            for form in self._known:
                at = text.find(form)
                while at >= 0:
                    yield at, at + len(form)
                    at = text.find(form, at + 1)
            return
        beginnings = self._by_beginning
        for at in range(len(text) - SHORTEST + 1):
            for form in beginnings.get(text[at : at + SHORTEST], ()):
                if text.startswith(form, at):
                    yield at, at + len(form)

    def _edges(self, text: str) -> Iterator[Span]:
        for form in self._known:
            begin = max(0, len(text) - len(form) + 1)
            at = text.find(form[:SHORTEST_PIECE], begin)
            while at >= 0:
                if form.startswith(text[at:]) and len(text) - at >= SHORTEST_PIECE:
                    yield at, len(text)
                at = text.find(form[:SHORTEST_PIECE], at + 1)
            at = text.rfind(form[-SHORTEST_PIECE:], 0, len(form) - 1)
            end = at + len(form[-SHORTEST_PIECE:])
            if at >= 0 and end >= SHORTEST_PIECE and form.endswith(text[:end]):
                yield 0, end


def _covered(text: str, spans: Iterable[Span]) -> str:
    """The text with its spans masked; those that touch or overlap become one."""
    pieces, done, end = [], 0, -1
    for begin, stop in sorted(spans):
        if begin > end:
            pieces += [text[done:begin], MASK]
        done = end = max(end, stop)
    return "".join([*pieces, text[done:]])


def _parts(value: str) -> Iterator[str]:
    """What a value holds that is a secret by itself: the leaves of a JSON document, the password of a URL."""
    if value.lstrip()[:1] in ("{", "["):
        try:
            yield from (leaf for leaf in _leaves(json.loads(value)) if len(leaf) >= SHORTEST_PART)
        except (ValueError, RecursionError):
            return  # it only looks like JSON
    elif "://" in value and "@" in value:
        try:
            password = urlsplit(value.strip()).password
        except ValueError:
            return  # it only looks like a URL
        if password:
            yield password


def _leaves(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _login(value) if name == "auth" and isinstance(value, str) else _leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from _leaves(value)
    elif isinstance(data, str):
        yield data


def _login(encoded: str) -> Iterator[str]:
    """What a registry's login holds: itself, and the password in it."""
    yield encoded
    try:
        yield base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return


def _forms(value: str) -> set[str]:
    raw = value.encode(errors="surrogatepass")
    forms = _quoted(value)
    forms |= {quote(raw, safe=""), quote(raw), quote_plus(raw), re.sub("%..", _lower, quote(raw, safe="")), raw.hex()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        forms |= {whole.rstrip("="), whole[: len(raw) // 3 * 4], *_wrapped(whole)}
        for offset in (1, 2):  # inside a longer base64 text the value starts at any of three offsets
            forms.add(encode(b"\0" * offset + raw).decode()[4:].rstrip("=")[:-1])
    return {form for form in forms if len(form) >= SHORTEST}


def _quoted(value: str) -> set[str]:
    """As programs write a text between quotes, and texts that hold such texts: a log line in JSON that quotes JSON."""
    found = newest = {value}
    if _PLAIN.match(value):
        return found
    for _ in range(NESTED if len(value) <= LONGEST_NESTED else 1):
        newest = {write(text) for text in newest for write in _QUOTES} - found
        found = found | newest
    return found


def _wrapped(encoded: str) -> Iterator[str]:
    if len(encoded) > WRAPPED:
        lines = (encoded[at : at + WRAPPED].rstrip("=") for at in range(0, len(encoded), WRAPPED))
        yield from (line for line in lines if len(line) >= SHORTEST_PART)


def _lower(escape: re.Match[str]) -> str:
    return escape.group().lower()
