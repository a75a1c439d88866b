"""Objects -> the same objects with every secret covered: whether two are equal can be seen, what they are cannot.

What is covered: the payload of Secrets and of all that is like one, whatever the redactor knows wherever it stands,
values under names that say what they are (env, keys), copies of the object inside annotations, and texts that hold
a Secret's manifest. The comparison is made of covered objects only, so that no later step ever holds a secret.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from typing import Any

from deployer.objects import Object
from deployer.redact import MASK, Redactor
from deployer.values import dataclass, field

# Changes at every write, or says what is rather than what is wanted.
_BOOKKEEPING = frozenset(
    {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink", "deletionTimestamp"}
)
_PAYLOAD = frozenset({"data", "stringData", "binaryData", "encryptedData", "template"})
_COPY = re.compile(r"last-applied|kapp\.k14s\.io/original|/applied$|previous-?config", re.IGNORECASE)
_NAMES = re.compile(
    r"(passw(or)?d|passphrase|secret|token|credentials?|(api|private|secret|access|signing|encryption)[-_.]?key)\Z",
    re.IGNORECASE,
)
_MANIFEST = re.compile(r"""["']?kind["']?\s*:\s*["']?Secret\b""")
# Inside a longer text: a password in an address, and what follows a name that says what it is.
_ADDRESS = re.compile(r"(://[^/\s:@]{0,256}:)[^@\s/]{1,1024}(?=@)")
_SAID = re.compile(
    r"((?:passw(?:or)?d|passphrase|token|client[-_]?secret|(?:api|private|secret|access)[-_]?key)"
    r"[\"']?\s{0,8}[=:]\s{0,8}[\"']?)(?![\s$<{\"'])[^\s\"',;&]{4,}",
    re.IGNORECASE,
)
_BETWEEN = "\x1e\n"  # stands in no text of YAML or JSON


@dataclass(frozen=True)
class Covered:
    """A secret as it may be shown: its length, a keyed hash, and the rest of the text that it stands in."""

    size: int
    digest: str
    rest: str = ""

    def __str__(self) -> str:
        return f"<{self.size} bytes #{self.digest[:8]}>"

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Cover:
    """`key` makes the hashes worthless to everybody else, and those of two runs different."""

    redactor: Redactor
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    cleaned: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # paths come again and again

    def clean(self, text: str) -> str:
        """A path or name, masked."""
        if text not in self.cleaned:
            self.cleaned[text] = self.redactor.mask(text)
        return self.cleaned[text]

    def object(self, item: Object) -> Object:
        """The object without its bookkeeping, covered."""
        meta = {name: value for name, value in item["metadata"].items() if name not in _BOOKKEEPING}
        rest = {name: value for name, value in item.items() if name != "status"}
        covered = self._walk({**rest, "metadata": meta}, _Place())
        return self._masked(covered)

    def _walk(self, value: Any, place: "_Place") -> Any:
        if isinstance(value, dict):
            inside = place.within(value)
            return {name: self._walk(each, inside.at(value, name, each)) for name, each in value.items()}
        if isinstance(value, list):
            return [self._walk(each, place) for each in value]
        if value is not None and (place.hidden or _tells(value, place)):
            return self.of(str(value), place.encoded)
        return value

    def of(self, text: str, encoded: bool = False, rest: str = "") -> Covered:
        raw = _decoded(text) if encoded else text.encode()
        return Covered(len(raw), hmac.new(self.key, raw, hashlib.sha256).hexdigest(), rest)

    def _masked(self, item: Object) -> Object:
        """What the redactor knows covered, too: all texts of the object at once, since it knows many forms of much."""
        texts = list(_texts(item))
        parts = self.redactor.mask(_BETWEEN.join(texts)).split(_BETWEEN)
        if len(parts) != len(texts):
            parts = [self.redactor.mask(text) for text in texts]
        masked = {text: _inline(part) for text, part in zip(texts, parts, strict=True)}
        told = {text: rest for text, rest in masked.items() if text != rest}
        found = self._without(item, told) if told else item
        assert isinstance(found, dict)
        return found

    def _without(self, value: Any, told: dict[str, str]) -> Any:
        if isinstance(value, dict):
            return {told.get(name, name): self._without(each, told) for name, each in value.items()}
        if isinstance(value, list):
            return [self._without(each, told) for each in value]
        if str(value) in told and not isinstance(value, Covered):
            return self.of(str(value), rest=told[str(value)])
        return value


@dataclass(frozen=True)
class _Place:
    """Where a value stands, as far as that says whether it may be shown."""

    name: str = ""
    secretive: bool = False  # inside an object that is a Secret, or like one
    hidden: bool = False
    encoded: bool = False  # in base64, by the API's rules
    annotations: bool = False

    def within(self, value: dict[str, Any]) -> "_Place":
        kind = value.get("kind")
        like = isinstance(kind, str) and "secret" in kind.lower() and not kind.lower().endswith("list")
        return _Place(self.name, self.secretive or like, self.hidden, self.encoded, self.annotations)

    def at(self, parent: dict[str, Any], name: str, value: Any) -> "_Place":
        payload = self.secretive and name in _PAYLOAD and not isinstance(value, list)
        binary = name == "binaryData"
        named = name == "value" and isinstance(parent.get("name"), str) and bool(_NAMES.search(parent["name"]))
        copied = self.annotations and bool(_COPY.search(name))
        encoded = self.encoded or binary or (payload and name == "data" and parent.get("kind") == "Secret")
        hidden = self.hidden or payload or binary or named or copied
        return _Place(name, self.secretive, hidden, encoded, name == "annotations")


def _tells(value: Any, place: _Place) -> bool:
    """Whether a text, by its own look or by its name, is one that is not for everybody."""
    return isinstance(value, str) and bool(_NAMES.search(place.name) or _MANIFEST.search(value))


def _inline(text: str) -> str:
    """The text without the passwords that can be told by what is around them."""
    if "://" in text:
        text = _ADDRESS.sub(rf"\1{MASK}", text)
    return _SAID.sub(rf"\1{MASK}", text) if "=" in text or ":" in text else text


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
