"""Cobertura XML → CodeBuild's code coverages, one per file."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Coverage = dict[str, Any]


def coverages(file: Path) -> list[Coverage]:
    """ValueError, with the file's name, when it is not Cobertura XML."""
    try:
        # The build's own output, read by the build's owner: nobody else's XML comes here.
        root = ElementTree.parse(file).getroot()  # noqa: S314
    except ElementTree.ParseError as error:
        raise ValueError(f"{file.name} is not XML: {error}") from None
    if root.tag != "coverage":
        raise ValueError(f"{file.name} is not Cobertura XML: its root is {root.tag}")
    lines: dict[str, dict[int, ElementTree.Element]] = {}
    for each in root.iter("class"):
        known = lines.setdefault(each.get("filename", ""), {})
        known.update({int(line.get("number", 0)): line for line in each.iter("line")})
    return [_coverage(path, list(found.values())) for path, found in sorted(lines.items())]


def _coverage(path: str, lines: list[ElementTree.Element]) -> Coverage:
    covered = sum(1 for line in lines if int(line.get("hits", 0)) > 0)
    branches = [_branches(line) for line in lines if line.get("branch") == "true"]
    taken, total = sum(hit for hit, _ in branches), sum(count for _, count in branches)
    return {"filePath": path, **_figures(covered, len(lines), taken, total)}


def _branches(line: ElementTree.Element) -> tuple[int, int]:
    """`50% (1/2)` → (1, 2)."""
    hit, _, count = line.get("condition-coverage", "").partition("(")[2].rstrip(")").partition("/")
    return (int(hit), int(count)) if hit.isdigit() and count.isdigit() else (0, 0)


def _figures(covered: int, lines: int, taken: int, branches: int) -> Coverage:
    return {
        "lineCoveragePercentage": round(100 * covered / lines, 2) if lines else 100.0,
        "linesCovered": covered,
        "linesMissed": lines - covered,
        "branchCoveragePercentage": round(100 * taken / branches, 2) if branches else 100.0,
        "branchesCovered": taken,
        "branchesMissed": branches - taken,
    }


def summary(found: list[Coverage]) -> Coverage:
    covered, missed, taken, skipped = (
        sum(each[name] for each in found)
        for name in ("linesCovered", "linesMissed", "branchesCovered", "branchesMissed")
    )
    return _figures(covered, covered + missed, taken, taken + skipped)
