"""Reading YAML nodes strictly: each reader gives one kind of value, or an error with the line.

Scalars keep the text that was written: `1.10` stays "1.10", `yes` stays "yes".
"""

from collections.abc import Sequence

import yaml

Node = yaml.Node
WORDS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}


class BuildspecError(Exception):
    """What is wrong with a buildspec, in one line."""

    def __init__(self, message: str, node: Node | None = None) -> None:
        super().__init__(message + (f" at line {node.start_mark.line + 1}" if node is not None else ""))


def fields(
    node: Node, where: str, allowed: Sequence[str] | None = None, kind: str = "buildspec key"
) -> dict[str, Node]:
    """A mapping's values by key. `allowed` None: the keys are names of the user's choice."""
    if not isinstance(node, yaml.MappingNode):
        raise BuildspecError(f"Expected {where} to be a mapping", node)
    yaml.SafeLoader("").flatten_mapping(node)  # merges `<<`, as every YAML reader does
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = text(key, f"a key of {where}")
        if name in found:
            raise BuildspecError(f"The key {name} is there twice in {where}", key)
        if allowed is not None and name not in allowed:
            raise BuildspecError(
                f"Unknown/Invalid {kind}: {name}, in {where}. Expecting: {','.join(sorted(allowed))}", key
            )
        found[name] = value
    return found


def text(node: Node, where: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise BuildspecError(f"Expected {where} to be of string type", node)
    return str(node.value)


def flag(node: Node, where: str) -> bool:
    word = text(node, where).lower()
    if word not in WORDS:
        raise BuildspecError(f"Expected {where} to be yes or no, not {word}", node)
    return WORDS[word]


def sequence(node: Node, where: str) -> list[Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise BuildspecError(f"Expected {where} to be a list", node)
    return list(node.value)


def texts(node: Node | None, where: str) -> tuple[str, ...]:
    if node is None:
        return ()
    return tuple(text(item, f"{where}[{number}]") for number, item in enumerate(sequence(node, where)))


def variables(node: Node | None, where: str) -> dict[str, str]:
    if node is None:
        return {}
    return {name: text(value, name) for name, value in fields(node, where).items()}
