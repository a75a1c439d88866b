"""A coverage report in Cobertura's XML → how many lines and branches there are, and how many of them ran.

Each line of a file counts once, however often the report tells it (of a method and of its class, of two runs). The
report is read in one pass: entities that it declares are refused, none from outside is fetched, and it has a largest
size, so that no report can take the build's memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

LARGEST = 64 * 1024 * 1024
LONGEST_NAME = 1000
CONDITION = re.compile(r"\((\d{1,9})/(\d{1,9})\)")  # of `50% (1/2)`


class Unreadable(Exception):
    """What is wrong with the report."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    covered: int
    total: int

    def __str__(self) -> str:
        """Rounded down, so that what is below a figure does not look like it."""
        tenths = 1000 * self.covered // self.total
        return f"{tenths // 10}.{tenths % 10} %"

    def reaches(self, percent: int) -> bool:
        return 100 * self.covered >= percent * self.total


@dataclass(frozen=True)
class Figures:
    lines: Share
    branches: Share


def read(path: Path) -> Figures:
    """Unreadable when it is too large, or not Cobertura's XML."""
    if path.stat().st_size > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST // 1024 // 1024} MiB")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.element
    parser.EntityDeclHandler = reader.entity
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise Unreadable(f"it is not XML: {error}") from None
    return reader.figures()


class _Reader:
    def __init__(self) -> None:
        self._root = ""
        self._file = ""
        self._hit: dict[tuple[str, int], bool] = {}
        self._branches: dict[tuple[str, int], tuple[int, int]] = {}

    def element(self, name: str, attributes: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name != "coverage":
                raise Unreadable(f"it is not Cobertura's: its root is {name[:60]}")
        if name == "class":
            self._file = attributes.get("filename", "")[:LONGEST_NAME]
        elif name == "line":
            self._line(attributes)

    def entity(self, name: str, *_: object) -> None:
        raise Unreadable(f"it declares the entity {name[:60]}, which no coverage report needs")

    def _line(self, attributes: dict[str, str]) -> None:
        try:
            place = self._file, int(attributes["number"])
            hit = int(attributes["hits"]) > 0
        except (KeyError, ValueError):
            raise Unreadable(f"a line of {self._file or 'no file'} has no number or no hits") from None
        self._hit[place] = self._hit.get(place, False) or hit
        condition = CONDITION.search(attributes.get("condition-coverage", ""))
        if condition:
            ran, total = int(condition.group(1)), int(condition.group(2))
            if ran > total:
                raise Unreadable(f"line {place[1]} of {place[0]} ran {ran} of {total} branches")
            self._branches[place] = max(self._branches.get(place, (0, total)), (ran, total))

    def figures(self) -> Figures:
        branches = self._branches.values()
        return Figures(
            Share(sum(self._hit.values()), len(self._hit)),
            Share(sum(ran for ran, _ in branches), sum(total for _, total in branches)),
        )
