"""Text -> documents, as Kubernetes reads them, but with duplicate keys refused and sizes capped.

Duplicate keys are the one deliberate difference: the API server keeps the last and says nothing. Values are built
straight from libyaml's events, since two things that Go's parser does are lost in composed nodes: an anchor may be
defined again, and an alias of `<<` is no merge. Of each part only the first document counts, as kubectl has it.
Events are Any here: the stubs say that each mark may be missing.
"""

from collections.abc import Callable, Iterator
from typing import Any

from yaml._yaml import CParser  # libyaml's parser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from deployer.errors import Fatal
from deployer.values import dataclass
from deployer.yaml import dialect, jsontext
from deployer.yaml.limits import DEEPEST, MOST_NODES, expands_too_much
from deployer.yaml.scalars import MEANINGFUL, YAML, NoMeaning, Value, in_json, key, resolve, tagged
from deployer.yaml.stream import Part, split


@dataclass(frozen=True)
class Document:
    value: Any
    line: int  # of its first line, from 1


@dataclass(frozen=True, eq=False)
class _Later:
    error: Fatal


@dataclass
class _Anchor:
    """What `*name` stands for: a scalar is kept as it was written, since a key reads it otherwise than a value."""

    scalar: Any = None
    value: Any = None
    size: int = 0  # steps of decoding; 0 until its node is complete


def read(text: str, name: str) -> list[Document]:
    """Every document that is not empty; `name` is the file in errors."""
    found = (_document(part, name) for part in split(text, name))
    return [document for document in found if document.value is not None]


def not_yaml(error: YAMLError | UnicodeError, part: Part, name: str) -> Fatal:
    """The parser's complaint, with the line in the file."""
    mark = (error.problem_mark or error.context_mark) if isinstance(error, MarkedYAMLError) else None
    reason = (error.problem or error.context) if isinstance(error, MarkedYAMLError) else error
    at = f"{name}:{part.line + mark.line + 1}:{mark.column + 1}" if mark else name
    return Fatal(f"not YAML: {reason}.", subject=at, kind="ConfigurationError")


def _document(part: Part, name: str) -> Document:
    if part.json:
        return Document(jsontext.read(part.text, f"{name}:{part.line + 1}"), part.line + 1)
    # Go's line reader ends every line, also the last one, with a newline of its own.
    text = part.text.replace("\r\n", "\n")
    source = dialect.source_of(text if text.endswith("\n") else f"{text}\n")
    for _ in range(dialect.MOST_REWRITES):
        try:
            return _Builder(source, part, name).document()
        except dialect.Rewritten as rewritten:
            source = rewritten.source
        except MarkedYAMLError as error:
            changed = dialect.after_error(source, error)
            if not changed:
                raise not_yaml(error, part, name) from error
            source = changed
        except (YAMLError, UnicodeError) as error:
            raise not_yaml(error, part, name) from error
    raise Fatal("not YAML.", subject=f"{name}:{part.line + 1}", kind="ConfigurationError")


class _Builder:
    """Events -> values of one document, within its budget."""

    def __init__(self, source: dialect.Source, part: Part, name: str) -> None:
        self._next: Callable[[], Any] = CParser(source.text).get_event
        self._source = source
        self._strange = bool(source.stands) or any(sign in source.text for sign in dialect.SIGNS)
        self._flow = 0
        self._line = part.line
        self._name = name
        self._anchors: dict[str, _Anchor] = {}
        self._refused: list[_Later] = []
        self._decoded, self._aliased = 1, 0  # as Go's decoder counts: the document itself is a step

    def document(self) -> Document:
        """The first document. What follows it in its part is not looked at, as little as kubectl does."""
        self._next()  # the stream's start
        if not isinstance(self._next(), DocumentStartEvent):
            return Document(None, self._line + 1)
        root = self._next()
        value = self._value(root, 0)
        end = self._next()
        if self._strange:
            self._check_rest(root, end)
        for later in _held(value) if self._refused else ():
            raise later.error
        return Document(value, self._line + root.start_mark.line + 1)

    def _text(self, event: Any) -> str | None:
        """The text of a scalar that can be nothing else, which most are; a look that spares the others' steps."""
        if type(event) is ScalarEvent and event.tag is None and event.anchor is None and not self._strange:
            text: str = event.value
            if not event.implicit[0] or text[:1] not in MEANINGFUL:
                self._decoded += 1
                return text
        return None

    def _value(self, event: Any, depth: int) -> Any:
        text = self._text(event)
        if text is not None:
            return text
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self._decoded
        self._step(event, depth)
        anchor = self._anchor(event) if event.anchor else None
        if isinstance(event, ScalarEvent):
            if self._strange:
                self._check(event)
            value: Any = self._scalar(event)
        else:
            self._flow += bool(event.flow_style)
            value = self._sequence(depth) if isinstance(event, SequenceStartEvent) else self._mapping(depth)
            self._flow -= bool(event.flow_style)
        if anchor:
            anchor.value, anchor.size = value, self._decoded - before
        return value

    def _anchor(self, event: Any) -> _Anchor:
        anchor = self._anchors[event.anchor] = _Anchor(event if isinstance(event, ScalarEvent) else None)
        return anchor

    def _sequence(self, depth: int) -> list[Any]:
        found = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            found.append(self._value(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), MappingEndEvent):
            name = self._text(event)
            if name is None and _is_merge(event):
                if event.anchor:
                    self._anchor(event).size = 1
                found.update(self._merge(self._next(), depth))  # Go's parser lets it win over what stands above it
                continue
            name = self._key(event, depth) if name is None else name
            line = self._line + event.start_mark.line + 1
            if name in lines:
                raise self._refuse(event, f"key {name!r} is there twice, on lines {lines[name]} and {line}")
            lines[name] = line
            found[name] = self._value(self._next(), depth + 1)
        return found

    def _merge(self, event: Any, depth: int) -> dict[str, Any]:
        value = self._value(event, depth + 1)
        merged: dict[str, Any] = {}
        for part in reversed(value) if isinstance(event, SequenceStartEvent) else [value]:
            if not isinstance(part, dict):
                raise self._refuse(event, "`<<` takes a mapping or a list of mappings")
            merged.update(part)
        return merged

    def _key(self, event: Any, depth: int) -> Any:
        self._step(event, depth)
        scalar = self._found(event).scalar if isinstance(event, AliasEvent) else event
        if not isinstance(scalar, ScalarEvent):
            raise self._refuse(event, "a key must be a scalar")
        if scalar is event and event.anchor:
            self._anchor(event).size = 1
        if self._strange and scalar is event:
            self._check(scalar)
        try:
            return key(self._resolved(scalar), scalar.value)
        except NoMeaning as error:
            return self._later(event, error)

    def _alias(self, event: Any) -> Any:
        anchor = self._found(event)
        self._aliased += anchor.size
        self._decoded += anchor.size
        self._step(event, 0)
        return self._scalar(anchor.scalar) if anchor.scalar else _copy(anchor.value)

    def _found(self, event: Any) -> _Anchor:
        anchor = self._anchors.get(event.anchor)
        if not anchor or not anchor.size:
            raise self._refuse(event, f"alias *{event.anchor} " + ("contains itself" if anchor else "has no anchor"))
        return anchor

    def _scalar(self, event: Any) -> Any:
        try:
            return in_json(self._resolved(event), event.value)
        except NoMeaning as error:
            return self._later(event, error)

    def _later(self, event: Any, error: NoMeaning) -> Any:
        """Stands for what has no form in JSON: that matters only when no merge takes its place."""
        later = _Later(self._refuse(event, str(error)))
        self._refused.append(later)
        return later

    def _resolved(self, event: Any) -> Value:
        text = self._source.meant(event.value)
        if event.tag is not None:
            return self._tagged(event, text)
        return resolve(text) if event.implicit[0] else str(text)

    def _tagged(self, event: Any, text: str) -> Value:
        try:
            return tagged(event.tag, text)
        except NoMeaning as error:
            raise self._refuse(event, str(error)) from error

    def _check_rest(self, root: Any, end: Any) -> None:
        try:
            dialect.check_rest(self._source, root, end)
        except dialect.Refused as error:
            raise self._refuse(end, str(error)) from error

    def _check(self, event: Any) -> None:
        try:
            dialect.check(self._source, event, self._flow > 0)
        except dialect.Refused as error:
            raise self._refuse(event, str(error)) from error

    def _step(self, event: Any, depth: int) -> None:
        self._decoded += 1
        if depth > DEEPEST:
            raise self._refuse(event, f"nested deeper than {DEEPEST}")
        if self._decoded > MOST_NODES:
            raise self._refuse(event, f"more than {MOST_NODES} values once its aliases are followed")
        if self._aliased > 100 and expands_too_much(self._decoded, self._aliased):
            raise self._refuse(event, "almost all of it would come from aliases")

    def _refuse(self, event: Any, reason: str) -> Fatal:
        mark = event.start_mark
        at = f"{self._name}:{self._line + mark.line + 1}:{mark.column + 1}"
        return Fatal(f"{reason}.", subject=at, kind="ConfigurationError")


def _is_merge(event: Any) -> bool:
    """Plain, or tagged `!`, or `!!merge`: the same to Go's parser; an alias of it is none."""
    return isinstance(event, ScalarEvent) and event.value == "<<" and (event.implicit[0] or event.tag == f"{YAML}merge")


def _copy(value: Any) -> Any:
    """What an alias brings is an object's own: changing one place must not change the other."""
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _held(value: Any) -> Iterator[_Later]:
    if isinstance(value, _Later):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _held(name)
            yield from _held(item)
    elif isinstance(value, list):
        for item in value:
            yield from _held(item)
