"""A part's text -> the nodes of its document, for edits by spans: the same documents that the reader reads.

Events are Any: the stubs know the marks of PyYAML's own parser only, and say that each may be missing.
"""

import re
from collections.abc import Callable
from typing import Any

from yaml._yaml import CParser
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.errors import Fatal
from deployer.yaml import dialect
from deployer.yaml.reader import not_yaml
from deployer.yaml.stream import Part

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")  # JSON writes two of them for one letter, YAML has none


def compose(part: Part, name: str) -> Node | None:
    """The root, with marks that count code points of the part; None for an empty one. `name` is the file in errors."""
    source = dialect.source_of(_SURROGATE.sub(r"\\u0020", part.text) if part.json else part.text)
    while True:
        try:
            return _Composer(source.text).root()
        except RecursionError as error:
            raise Fatal("nested too deep.", subject=name, kind="ConfigurationError") from error
        except MarkedYAMLError as error:
            changed = dialect.after_error(source, error)
            if not changed or len(changed.text) != len(source.text):
                raise not_yaml(error, part, name) from error
            source = changed
        except (YAMLError, UnicodeError) as error:
            raise not_yaml(error, part, name) from error


class _Composer:
    def __init__(self, text: str) -> None:
        self._next: Callable[[], Any] = CParser(text).get_event
        self._anchors: dict[str, Node] = {}

    def root(self) -> Node | None:
        self._next()  # the stream's start
        if not isinstance(self._next(), DocumentStartEvent):
            return None
        root = self._node(self._next())
        self._next()  # the document's end
        return root

    def _node(self, event: Any) -> Node:
        kind = type(event)
        if kind is AliasEvent:
            # One that has no anchor is refused by the reader, with better words.
            return self._anchors.get(event.anchor) or ScalarNode("", "", event.start_mark, event.end_mark, style="*")
        if kind is ScalarEvent:
            node: Node = ScalarNode(event.tag, event.value, event.start_mark, event.end_mark, style=event.style)
            self._remember(event, node)
        elif kind is SequenceStartEvent:
            node = SequenceNode(event.tag, [], event.start_mark, event.end_mark, flow_style=event.flow_style)
            self._remember(event, node)
            while not isinstance(inner := self._next(), SequenceEndEvent):
                node.value.append(self._node(inner))
        else:
            node = MappingNode(event.tag, [], event.start_mark, event.end_mark, flow_style=event.flow_style)
            self._remember(event, node)
            while not isinstance(inner := self._next(), MappingEndEvent):
                node.value.append((self._node(inner), self._node(self._next())))
        return node

    def _remember(self, event: Any, node: Node) -> None:
        if event.anchor:
            self._anchors[event.anchor] = node
