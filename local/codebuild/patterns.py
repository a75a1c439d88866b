"""File patterns of artifacts and reports: `*` and `?` within a name, `**` over folders, `[a-z]`, `{a,b}`."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """For whole relative paths with forward slashes."""
    return re.compile("".join(_pieces(pattern.removeprefix("./"))) + r"\Z")


TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    for piece in TOKEN.findall(pattern):
        if piece == "**/":
            yield "(?:.*/)?"
        elif piece == "**":
            yield ".*"
        elif piece == "*":
            yield "[^/]*"
        elif piece == "?":
            yield "[^/]"
        elif piece.startswith("[") and len(piece) > 1:
            yield "[" + piece[1:-1].replace("!", "^", 1).replace("\\", "\\\\") + "]"
        elif piece.startswith("{") and len(piece) > 1:
            yield "(?:" + "|".join("".join(_pieces(each)) for each in piece[1:-1].split(",")) + ")"
        else:
            yield re.escape(piece)


def matching(folder: Path, patterns: Sequence[str], exclude: Iterable[str] = ()) -> list[str]:
    """Relative paths of the files below `folder` that match, sorted."""
    excluded = list(exclude)
    return [
        path
        for path in files(folder)
        if any(compiled(pattern).match(path) for pattern in patterns)
        and not any(compiled(pattern).match(path) for pattern in excluded)
    ]


def files(folder: Path) -> list[str]:
    """Every file and link to a file below `folder`, sorted; links to folders are not followed."""
    found = []
    for root, folders, names in os.walk(folder):
        relative = os.path.relpath(root, folder)
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        found += [os.path.normpath(os.path.join(relative, name)) for name in (*names, *links)]
    return sorted(found)


def base_folders(root: Path, pattern: str) -> list[Path]:
    """The folders that a base-directory names; a plain path when it holds no wildcard."""
    if not re.search(r"[*?\[{]", pattern):
        folder = (root / pattern).resolve()
        return [folder] if folder.is_dir() else []
    return sorted(
        Path(found)
        for found, _, _ in os.walk(root)
        if compiled(pattern.rstrip("/")).match(os.path.relpath(found, root))
    )
