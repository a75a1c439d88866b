"""The files of a chart that Helm packs: all but what .helmignore names, in Helm's own reading of it.

The first pattern that matches decides, and a negated one takes out whatever it does not match. `**` is none of Helm's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .fatal import Fatal
from .ignore import compiled

NAME = ".helmignore"
ALWAYS = "templates/.?*"


@dataclass(frozen=True)
class Rule:
    pattern: re.Pattern[str]
    whole: bool  # seen from the chart's folder; else it is of a name alone
    folders: bool  # of nothing else
    negated: bool

    def matches(self, path: str) -> bool:
        return bool(self.pattern.fullmatch(path if self.whole else path.rpartition("/")[2]))


def kept(folder: Path) -> Iterator[tuple[str, Path]]:
    """(path in the chart, file)"""
    rules = _rules(folder / NAME)
    for root, folders, names in os.walk(folder):
        at = Path(root)
        inner = {name: (at / name).relative_to(folder).as_posix() for name in (*folders, *names)}
        links = [name for name in folders if (at / name).is_symlink()]
        for name in (*names, *links):
            if not _ignored(inner[name], rules, is_folder=False):
                yield inner[name], at / name
        folders[:] = [
            name for name in folders if name not in links and not _ignored(inner[name], rules, is_folder=True)
        ]


def _rules(file: Path) -> list[Rule]:
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file.is_file() else []
    return [_rule(line.strip()) for line in (*lines, ALWAYS) if line.strip() and not line.strip().startswith("#")]


def _rule(line: str) -> Rule:
    if "**" in line:
        raise Fatal(f"{NAME} has {line!r}, and Helm does not know `**`")
    negated, folders = line.startswith("!"), line.endswith("/")
    pattern = line[negated:].rstrip("/") if folders else line[negated:]
    return Rule(compiled(pattern.lstrip("/")), "/" in pattern, folders, negated)


def _ignored(path: str, rules: list[Rule], *, is_folder: bool) -> bool:
    for rule in rules:
        misses = rule.folders and not is_folder
        if rule.negated and (misses or not rule.matches(path)):
            return True
        if not rule.negated and not misses and rule.matches(path):
            return True
    return False
