""".dockerignore, as Docker reads it: the last pattern that matches a path, or a folder above it, decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

Rule = tuple["re.Pattern[str]", bool]  # pattern, and whether what it matches stays out
TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[(?:\^?\]?[^\]]*)\]|\\.|.", re.DOTALL)


def rules(context: Path, dockerfile: str) -> list[Rule]:
    """Of `<Dockerfile>.dockerignore` when it is there, else of `.dockerignore`."""
    for path in (context / f"{dockerfile}.dockerignore", context / ".dockerignore"):
        if path.is_file():
            return list(_parsed(path.read_text(encoding="utf-8-sig")))
    return []


def excluded(path: str, found: list[Rule]) -> bool:
    """`path` is relative to the context, with forward slashes."""
    parts = path.split("/")
    candidates = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    out = False
    for pattern, excludes in found:
        if any(pattern.fullmatch(candidate) for candidate in candidates):
            out = excludes
    return out


def _parsed(text: str) -> Iterator[Rule]:
    for line in text.splitlines():
        entry = line.strip()
        if not entry or line.startswith("#"):
            continue
        excludes = not entry.startswith("!")
        pattern = entry if excludes else entry[1:].strip()
        pattern = re.sub(r"/+", "/", pattern).strip("/")
        pattern = pattern[2:] if pattern.startswith("./") else pattern
        if pattern and pattern != ".":
            yield compiled(pattern), excludes


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_pieces(pattern)))


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
        elif piece.startswith("[") and len(piece) > 2:
            yield piece
        elif piece.startswith("\\") and len(piece) == 2:
            yield re.escape(piece[1])
        else:
            yield re.escape(piece)
