"""Bytes → plain data, with the place of each key and value.

Duplicate keys, anchors and tags are problems here, so that nothing later has to think of them.
"""

from dataclasses import dataclass, field

import yaml

from pipeline.config.problems import Path, Problem

QUOTES = "put the text in quotes"
# What YAML's parser says; whether the mistake is where the part begins that it could not end; what is told; the remedy.
SYNTAX = (
    ("'\\t'", False, "a tab stands where YAML wants spaces", "indent with spaces"),
    ("scanning a simple key", True, "this is no key with its value", "write `key: value`, with the space"),
    ("scanning a quoted scalar", True, "the quote that begins here has no end", "close it, or double quotes within it"),
    ("parsing a flow sequence", True, "the list that begins here has no end, or lacks a comma", "write `[a, b]`"),
    (
        "parsing a flow mapping",
        True,
        "the mapping that begins here has no end, or lacks a comma",
        "write `{a: b, c: d}`",
    ),
    ("mapping values are not allowed", False, "a colon stands within a text", QUOTES),
    ("found undefined alias", False, "a text that begins with `*` is an alias in YAML", QUOTES),
    ("that cannot start any token", False, "no text begins with this character in YAML", QUOTES),
    ("but found '<scalar>'", False, "this stands behind a value that has ended", "put all of it in quotes"),
    ("parsing a block mapping", False, "this does not line up with what is above", "indent both alike"),
)
LARGEST = 256 * 1024  # bytes; a hundred times what anybody writes by hand


@dataclass(frozen=True)
class Place:
    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """The data, and where its parts stand. `keys` and `values` hold places by path; `data` is None when unreadable."""

    data: object
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path, of_key: bool = False) -> Place:
        """Where the value (or its key) stands; what is not written stands where its parent does."""
        while path:
            first, second = (self.keys, self.values) if of_key else (self.values, self.keys)
            if found := first.get(path) or second.get(path):
                return found
            path, of_key = path[:-1], False
        return self.values.get((), Place(1, 1))


def parse(raw: bytes) -> Document:
    """Never raises: what cannot be read is a problem of the document."""
    if len(raw) > LARGEST:
        return _unreadable("the file is larger than 256 KiB", "write only the definition here", Place(1, 1))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable("the file is not UTF-8", "save it as UTF-8", Place(line, 1))
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        return _syntax_error(error)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _unreadable(f"character #x{error.character:04x} is not allowed in YAML", "remove it", Place(line, 1))
    except RecursionError:
        return _unreadable("the file is nested too deeply", "a definition needs six levels at most", Place(1, 1))
    if not nodes or nodes[0] is None:
        return _unreadable("the file is empty", "start with `name:`, `source:` and `environments:`", Place(1, 1))
    document = Document(data=None)
    data = _Builder(document).build(nodes[0], ())
    if len(nodes) > 1:
        document.problems.append(_problem((), "there is more than one document", "remove the `---` lines", nodes[1]))
    return Document(data, document.keys, document.values, document.problems)


def _unreadable(wrong: str, remedy: str, place: Place) -> Document:
    return Document(None, problems=[Problem((), wrong, remedy, place.line, place.column)])


def _syntax_error(error: yaml.MarkedYAMLError) -> Document:
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    wrong = " ".join(part for part in (error.problem, error.context) if part)
    for words, at_beginning, told, remedy in SYNTAX:
        if words in wrong:
            begun = error.context_mark if at_beginning else None
            return _unreadable(told, remedy, Place(begun.line + 1, begun.column + 1) if begun else place)
    return _unreadable(f"this is not YAML: {wrong}", "correct the syntax here or just above", place)


def _problem(path: Path, wrong: str, remedy: str, node: yaml.Node) -> Problem:
    return Problem(path, wrong, remedy, node.start_mark.line + 1, node.start_mark.column + 1)


class _Builder:
    """Nodes → data; remembers places, and what it had to refuse."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._scalars = yaml.constructor.SafeConstructor()
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Path) -> object:
        self._document.values[path] = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in self._seen:
            self._refuse(path, "this repeats another part by an anchor", "write the part out here", node)
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        data: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if key is None or key_node.tag == "tag:yaml.org,2002:merge":
                self._refuse(path, "a key must be a plain word", "write `key: value`", key_node)
            elif key in data:
                first = self._document.keys[(*path, key)].line
                self._refuse((*path, key), f"this key is there twice (first on line {first})", "keep one", key_node)
            else:
                self._document.keys[(*path, key)] = Place(key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                data[key] = self.build(value_node, (*path, key))
        return data

    def _scalar(self, node: yaml.Node, path: Path) -> object:
        try:
            return self._scalars.construct_object(node, deep=True)
        except (yaml.constructor.ConstructorError, ValueError, OverflowError):
            self._refuse(path, f"`{node.value}` cannot be read as {node.tag}", "put the text in quotes", node)
            return None

    def _refuse(self, path: Path, wrong: str, remedy: str, node: yaml.Node) -> None:
        self._document.problems.append(_problem(path, wrong, remedy, node))
