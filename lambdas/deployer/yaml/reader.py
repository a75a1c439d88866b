"""Text -> documents, as Kubernetes reads them, but with duplicate keys refused and sizes capped.

Duplicate keys are the one deliberate difference: the API server keeps the last and says nothing.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from yaml._yaml import CParser  # libyaml's parser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.errors import Fatal
from deployer.yaml.scalars import plain, tagged

MOST_NODES = 1_000_000  # after aliases are followed: an alias bomb is a small text
DEEPEST = 200
LARGEST = 20 * 1024 * 1024
PLAIN = "plain"  # our tag of an unquoted scalar that carries none


class _Composer(CParser):
    """libyaml's parser and composer; the tag of a plain scalar is decided by `scalars`, not by YAML 1.1."""

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)

    def resolve(self, kind: type[Node], value: str | None, implicit: Any) -> str:
        return PLAIN if kind is ScalarNode and implicit[0] else "!"

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        """Called for each node; there are no path resolvers here."""

    def ascend_resolver(self) -> None:
        """Called for each node; there are no path resolvers here."""


@dataclass(frozen=True)
class Document:
    value: Any
    line: int  # of its first line, from 1


def read(text: str, name: str) -> list[Document]:
    """Every document that is not empty; `name` is the file in errors."""
    return [
        Document(_Builder(name).value(node, 0), node.start_mark.line + 1)
        for node in compose(text, name)
        if not (isinstance(node, ScalarNode) and node.tag == PLAIN and plain(node.value) is None)
    ]


def compose(text: str, name: str) -> Iterator[Node]:
    """The documents' nodes, with marks that count code points of the text without its byte order mark."""
    if len(text) > LARGEST:
        raise Fatal(f"larger than {LARGEST // 2**20} MiB.", subject=name, kind="ConfigurationError")
    try:
        parser = _Composer(text.removeprefix("\ufeff"))
        while parser.check_node():
            yield cast(Node, parser.get_node())
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise Fatal(f"not YAML: {error.problem or error.context}.", subject=at, kind="ConfigurationError") from error
    except (YAMLError, UnicodeError) as error:
        raise Fatal(f"not YAML: {error}.", subject=name, kind="ConfigurationError") from error


class _Builder:
    """Nodes -> values of one document, within its budget."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_NODES

    def value(self, node: Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise self._refuse(node, f"more than {MOST_NODES} values once its aliases are followed")
        if depth > DEEPEST:
            raise self._refuse(node, f"nested deeper than {DEEPEST}")
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if isinstance(node, SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        return self._mapping(cast(MappingNode, node), depth)

    def _mapping(self, node: MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lines: dict[str, int] = {}
        merged: dict[str, Any] = {}
        for key, item in node.value:
            if isinstance(key, ScalarNode) and key.tag == PLAIN and key.value == "<<":
                merged = {**merged, **self._merge(item, depth)}
                continue
            name = self._key(key)
            if name in lines:
                here = key.start_mark.line + 1
                raise self._refuse(key, f"key {name!r} is there twice, on lines {lines[name]} and {here}")
            lines[name] = key.start_mark.line + 1
            found[name] = self.value(item, depth + 1)
        return {**merged, **found} if merged else found

    def _merge(self, node: Node, depth: int) -> dict[str, Any]:
        parts = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, Any] = {}
        for part in reversed(parts):
            if not isinstance(part, MappingNode):
                raise self._refuse(part, "`<<` takes a mapping or a list of mappings")
            merged.update(self.value(part, depth + 1))
        return merged

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._refuse(node, "a key must be a scalar")
        value = self._scalar(node)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def _scalar(self, node: ScalarNode) -> Any:
        if node.tag == PLAIN:
            value: Any = plain(node.value)
        elif node.tag == "tag:yaml.org,2002:binary":
            value = self._binary(node)
        else:
            value = tagged(str(node.tag), node.value) if node.tag != "!" else node.value
        if isinstance(value, float) and not math.isfinite(value):
            raise self._refuse(node, f"{node.value} has no form in JSON")
        return value

    def _binary(self, node: ScalarNode) -> str:
        try:
            return base64.b64decode(node.value).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise self._refuse(node, "!!binary that is not base64 of text") from error

    def _refuse(self, node: Node, reason: str) -> Fatal:
        mark = node.start_mark
        at = f"{self._name}:{mark.line + 1}:{mark.column + 1}"
        return Fatal(f"{reason}.", subject=at, kind="ConfigurationError")
