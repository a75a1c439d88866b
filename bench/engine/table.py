"""Comparisons as a table that people read, in a terminal and on a page."""

from collections.abc import Iterable, Sequence

from bench.engine.results import Comparison

HEAD = ("work", "ours", "against", "theirs", "ratio", "goal", "")


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(head), _line(["---"] * len(head)), *map(_line, rows)]


def cells(each: Comparison) -> tuple[str, ...]:
    ratio = "-" if each.ratio is None else times(each.ratio)
    mark = "✓" if each.met else "✗"
    return (each.work, amount(each.ours, each.unit), each.against, amount(each.theirs, each.unit), ratio,
            f"≥ {times(each.goal)}", mark)  # fmt: skip


def times(ratio: float) -> str:
    digits = 0 if ratio >= 20 else 1 if ratio >= 2 else 2
    text = f"{ratio:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if digits else text}×"


def amount(value: float | None, unit: str) -> str:
    """As many digits as mean something; seconds below one are milliseconds."""
    if value is None:
        return "-"
    if unit == "s" and value < 1:
        return f"{value * 1000:.0f} ms" if value >= 0.1 else f"{value * 1000:.1f} ms"
    return f"{value:.2f} s" if unit == "s" else f"{value:.0f} {unit}"


def _line(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"
