"""Random files of Kubernetes objects, in every way of writing YAML that a person, a tool or an accident finds."""

import json
import random
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")

WORDS = (
    *("a", "web", "y", "no", "On", "null", "~", "true", "x y", "a#b", "a: b", "- x", "é", "漢字", "=", "<<", "0x", "-"),
    *("?", "a\tb", "!", "a:", ":a", "#", "a #b", "[", "a,b", "{x}", "%x", "@x", "`x`", "|", ">", "''", "a'b", 'a"b'),
)
ESCAPES = (
    *(r"\n", r"\t", r"\"", r"\\", r"\/", r"\x41", r"\u00e9", r"\U0001F600", r"\e", r"\0", r"\_", r"\N", r"\L", r"\q"),
    *(r"\ud83d", "\\\n  ", "\n  ", "\n\n ", "''", "é", " ", "x", "#", ": "),
)
TAGS = (
    *("!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!map", "!!seq", "!!set", "!!merge"),
    *("!foo", "!", "!<tag:yaml.org,2002:int>", "!<x>", "!!omap", "!foo!bar"),
)
SOUP = (
    *"{}[]:,-?#&*!|>'\"%@` \t\n\r0a.~",
    *(
        "\n---\n",
        "\n--- # c\n",
        "\n...\n",
        "---",
        ": ",
        "- ",
        "\r\n",
        "<<: ",
        "\ufeff",
        "\x85",
        "\u2028",
        "\xa0",
        "\x00",
    ),
    *("\x7f", "\U0001f600", "%YAML 1.1\n", "\n  ", " #", "''", "\n\t", "? ", "*a", "&a ", "!!str ", "{}", "[]", "\\/"),
)
ANCHORS = ("a", "b", "x1")
KINDS = ("ConfigMap", "Deployment", "Widget")


class Documents:
    """The same seed, the same files."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (no secret)
        self._names = 0

    def file(self) -> str:
        """One file; about a fifth of them are damaged."""
        shape = self._pick((self._yaml, self._yaml, self._yaml, self._list, self._json, self._flow_file, self._empty))
        text = shape()
        if self._chance(0.2):
            text = self._damaged(text)
        if self._chance(0.08):
            text = text.replace("\n", "\r\n")
        return "\ufeff" + text if self._chance(0.03) else text

    def _pick(self, choices: Sequence[Choice]) -> Choice:
        return choices[int(self._random.random() * len(choices))]

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _most(self, most: int) -> range:
        return range(self._random.randint(0, most))

    # files

    def _yaml(self) -> str:
        parts = [self._head() + self._object() for _ in range(self._pick((1, 1, 1, 2, 3)))]
        text = self._pick(("---\n", "---\n", "--- # next\n", "---   \n", "...\n---\n")).join(parts)
        return text + self._pick(("", "", "", "---\n", "...\n", "# end", "\n\n", "---", "...\nmore: 1\n", "--- text\n"))

    def _head(self) -> str:
        return self._pick(("", "", "", "", "---\n", "# a comment\n", "\n", "--- # c\n", "%YAML 1.1\n---\n", "  # c\n"))

    def _empty(self) -> str:
        return "".join(
            self._pick(("# nothing\n", "\n", "---\n", "...\n", "~\n", "null", " ", "--- #\n")) for _ in self._most(4)
        )

    def _list(self) -> str:
        """A List of block items, sometimes a list of lists."""
        kind = self._pick(("List", "List", "ConfigMapList", "Widget"))
        items = "".join(self._item(2) for _ in self._most(3))
        return (
            f"apiVersion: v1\nkind: {kind}\nitems:"
            + (f"\n{items}" if items else " []\n")
            + self._pick(("", "metadata: {}\n"))
        )

    def _item(self, indent: int) -> str:
        pad = " " * indent
        if self._chance(0.15):
            inner = "".join(self._item(indent + 4) for _ in range(2))
            return f"{pad}- apiVersion: v1\n{pad}  kind: List\n{pad}  items:\n{inner}"
        body = self._object().rstrip("\n").replace("\n", f"\n{pad}  ")
        return f"{pad}- {body}\n"

    def _json(self) -> str:
        objects = [self._json_object() for _ in range(self._pick((1, 1, 2, 3)))]
        return (
            self._pick(("", " ", "\n"))
            + self._pick(("", "\n", " ", "\n---\n", "\n# c\n", ",")).join(objects)
            + self._pick(("", "\n", "\nx", " #c"))
        )

    def _json_object(self) -> str:
        value = {**self._meta(), "zz": self._json_value(3)}
        text = json.dumps(value, indent=self._pick((None, 2)), ensure_ascii=self._chance(0.5))
        return text.replace('"@', "").replace('@"', "").replace('\ud83d"', '\\ud83d"')

    def _json_value(self, depth: int) -> object:
        if depth and self._chance(0.5):
            if self._chance(0.5):
                return [self._json_value(depth - 1) for _ in self._most(3)]
            return {self._pick(WORDS): self._json_value(depth - 1) for _ in self._most(3)}
        # between @ stands what is written without quotes
        number = self._pick(
            ("1", "-0", "1.0", "1e3", "1E400", "9223372036854775808", "1.5e-7", "0.1", "12345678901234567890")
        )
        return self._pick(
            (f"@{number}@", None, True, 1, -2.5, self._pick(WORDS), "\U0001f600", "a/b\n\t\x01", "\ud83d")
        )

    def _flow_file(self) -> str:
        meta = json.dumps(self._meta())[:-1]
        return f"{meta}, zz: {self._flow(3)}}}\n"

    def _meta(self) -> dict[str, object]:
        self._names += 1
        return {"apiVersion": "v1", "kind": self._pick(KINDS), "metadata": {"name": f"n{self._names}"}}

    def _object(self) -> str:
        self._names += 1
        head = f"apiVersion: v1\nkind: {self._pick(KINDS)}\nmetadata:\n  name: n{self._names}\n"
        return head + "".join(f"{self._gap(0)}z{n}:{self._block(2, 3)}" for n in range(self._pick((1, 1, 2))))

    # values: a block value's text begins behind the colon and ends with its newline

    def _block(self, indent: int, depth: int) -> str:
        if depth == 0 or self._chance(0.45):
            return self._leaf(indent)
        pad = " " * indent
        front = f" {self._property()}" if self._chance(0.15) else ""
        comment = self._pick(("", "", "", " # why", "  #"))
        step = self._pick((1, 2, 2, 4))
        if self._chance(0.4):
            items = "".join(
                f"{self._gap(indent)}{pad}-{self._block(indent + step, depth - 1)}"
                for _ in range(self._pick((1, 2, 3)))
            )
            return f"{front}{comment}\n{items}"
        entries = "".join(
            f"{self._gap(indent)}{pad}{self._key(n)}:{self._block(indent + step, depth - 1)}"
            for n in range(self._pick((1, 2, 3)))
        )
        return f"{front}{comment}\n{entries}"

    def _gap(self, indent: int) -> str:
        return self._pick(("", "", "", "", "", "", "\n", "# between\n", f"{' ' * indent}# here\n", "  \n"))

    def _key(self, number: int) -> str:
        if self._chance(0.7):
            return f"k{number}"
        if self._chance(0.2):
            return "<<"
        return self._pick(
            (
                *WORDS[:12],
                self._number(),
                f'"{self._pick(WORDS[:5])}"',
                "'q'",
                f"? {self._scalar(0)}\n",
                f"*{self._pick(ANCHORS)} ",
                "{}",
                "[1]",
            )
        )

    def _leaf(self, indent: int) -> str:
        if self._chance(0.12):
            return self._literal(indent)
        value = self._flow(2) if self._chance(0.3) else self._scalar(indent)
        return f"{self._pick((' ', ' ', ' ', '  ', chr(9)))}{value}{self._pick(('', '', '', ' # c', ' #c', '  '))}\n"

    def _literal(self, indent: int) -> str:
        sign = self._pick(("|", ">")) + self._pick(("", "", "-", "+", "2", "1-", "+3", "9", "0"))
        pad = " " * max(indent, 1)
        words = ("x", "y # no comment", "", "- z", "k: v", "#", "--- a", "\tt")
        lines = [self._pick((pad, pad, pad, f"{pad} ", "")) + self._pick(words) for _ in self._most(4)]
        return f" {sign}{self._pick(('', '', ' # c', ' '))}\n" + "".join(f"{line}\n" for line in lines)

    def _flow(self, depth: int) -> str:
        if depth == 0 or self._chance(0.4):
            return self._scalar(0, flow=True)
        comma = self._pick((",", ", ", " , ", ",\n    ", ", # c\n    "))
        if self._chance(0.5):
            return "[" + comma.join(self._flow(depth - 1) for _ in self._most(3)) + self._pick(("]", "]", ",]", " ]"))
        pairs = (f"{self._key(n)}{self._pick((': ', ': ', ':', ' : '))}{self._flow(depth - 1)}" for n in self._most(3))
        return "{" + comma.join(pairs) + self._pick(("}", "}", ", }", " }", ", alone}", ", ? q}"))

    def _property(self) -> str:
        return self._pick(
            (
                f"&{self._pick(ANCHORS)}",
                f"&{self._pick(ANCHORS)}",
                self._pick(TAGS),
                f"&a {self._pick(TAGS)}",
                f"{self._pick(TAGS)} &b",
            )
        )

    def _scalar(self, indent: int, flow: bool = False) -> str:
        front = f"{self._property()} " if self._chance(0.15) else ""
        body = self._pick((self._number, self._number, self._word, self._word, self._quoted, self._alias, self._long))()
        return front + body

    def _alias(self) -> str:
        return f"*{self._pick(ANCHORS)}"

    def _word(self) -> str:
        return self._pick(WORDS)

    def _long(self) -> str:
        return self._pick(
            (
                "two words",
                "two\n      lines",
                "a\n\n      b",
                "",
                "x" * 130,
                "2024-01-02",
                "1:30",
                "v1.2.3",
                "a:b",
                "http://x/y?z#q",
            )
        )

    def _quoted(self) -> str:
        if self._chance(0.5):
            return (
                "'" + "".join(self._pick(("x", " ", "''", "\n    ", "#", ": ", "é", "\\")) for _ in self._most(5)) + "'"
            )
        return '"' + "".join(self._pick(ESCAPES) for _ in self._most(5)) + '"'

    def _number(self) -> str:
        digits = "".join(self._pick("0123456789_") for _ in range(self._pick((1, 1, 2, 3, 5, 20))))
        whole = self._pick(("", "+", "-")) + self._pick(("", "", "", "0", "0x", "0o", "0b", "0X", "00")) + digits
        tail = self._pick(("", "", "", ".", ".5", ".0", "e3", "E-2", "e+400", ".1e5", ":30", "-01-02", "_", "a", "Z"))
        return self._pick(
            (
                whole + tail,
                whole + tail,
                whole + tail,
                self._pick((".5", "-.5", ".inf", ".NaN", "1_0.5", ".5_0", "0b-1", "9223372036854775808")),
            )
        )

    def _damaged(self, text: str) -> str:
        for _ in range(self._pick((1, 1, 2, 4))):
            at = self._random.randint(0, len(text))
            end = at + self._pick((0, 0, 1, 1, 3))
            text = text[:at] + self._pick(("", self._pick(SOUP), self._pick(SOUP), text[at:end] * 2)) + text[end:]
        return text
