"""Edits of a text by spans: what is not replaced stays, byte for byte."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode

from deployer.errors import Fatal
from deployer.yaml.stream import Part

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor or a tag in front of the scalar belongs to its node


@dataclass(frozen=True, order=True)
class Edit:
    """Replace code points start..end of the text (its byte order mark not counted) by `text`."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; equal edits count once, overlapping ones are a bug."""
    mark, body = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    parts, at = [mark], 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise ValueError(f"edits overlap at {edit.start}")
        parts += [body[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, body[at:]])


def replace_scalar(part: Part, node: ScalarNode, value: str, name: str) -> Edit:
    """Put `value` in the scalar's place, in the quotes it has; `value` needs no escaping in any style."""
    if node.style in ("|", ">"):
        raise Fatal(
            "an image reference in a block scalar cannot be set to its digest.",
            subject=place(part, node, name),
            remedy="Write it on one line.",
            kind="ConfigurationError",
        )
    start, end = node.start_mark.index, node.end_mark.index
    if not node.value and not node.style:
        return _filled(part, node, value, name)
    properties = _PROPERTIES.match(part.text, start, end)
    start = properties.end() if properties else start
    quote = node.style or ""
    return Edit(part.start + start, part.start + end, f"{quote}{value}{quote}")


def _filled(part: Part, node: ScalarNode, value: str, name: str) -> Edit:
    """The value of a key that has none yet: behind its colon, or behind the anchor or tag that stands there."""
    start, end = node.start_mark.index, node.end_mark.index
    if start == end and part.text[start - 1 : start] != ":" and not part.text[:start].rstrip(" ").endswith(":"):
        raise Fatal(
            "a key without a colon cannot be set.",
            subject=place(part, node, name),
            remedy='Write it as KEY: "".',
            kind="ConfigurationError",
        )
    return Edit(part.start + end, part.start + end, f" {value}")


def place(part: Part, node: Node, name: str) -> str:
    """file:line:column of a node."""
    return f"{name}:{part.line + node.start_mark.line + 1}:{node.start_mark.column + 1}"


def entry(node: Node, key: str) -> tuple[ScalarNode, Node] | None:
    """The (key, value) nodes of a mapping's entry; None when the node is no mapping or has no such key."""
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value == key:
                return name, value
    return None


def scalar(node: Node, key: str) -> ScalarNode | None:
    """The scalar value of a mapping's entry, if it is one."""
    found = entry(node, key)
    return found[1] if found and isinstance(found[1], ScalarNode) else None
