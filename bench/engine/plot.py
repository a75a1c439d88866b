"""The ratios as one picture: a bar for each, on a logarithmic scale, with a line where its goal is."""

import math
from collections.abc import Sequence
from html import escape

from bench.engine.results import Comparison
from bench.engine.table import times

LABELS, BARS, FIGURES = 430, 420, 130  # widths
ROW, TOP, BOTTOM = 24, 46, 40
MET, MISSED, GOAL, TEXT, FAINT = "#2b8a3e", "#c92a2a", "#212529", "#212529", "#868e96"
LEAST, MOST = 0.1, 2000.0


def svg(title: str, comparisons: Sequence[Comparison]) -> str:
    height = TOP + ROW * len(comparisons) + BOTTOM
    width = LABELS + BARS + FIGURES
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(12, 26, title, size=16),
        *_scale(height),
    ]
    for number, each in enumerate(comparisons):
        parts += _row(TOP + ROW * number, each)
    legend = "bar: how many times less than the other needs; line: the goal; less than 1× is worse than the other"
    parts += [_text(12, height - 12, legend, colour=FAINT, size=12), "</svg>"]
    return "\n".join(parts) + "\n"


def across(ratio: float) -> float:
    """Where a ratio is on the scale."""
    inside = min(max(ratio, LEAST), MOST)
    return LABELS + BARS * math.log(inside / LEAST) / math.log(MOST / LEAST)


def _row(top: float, each: Comparison) -> list[str]:
    colour = MET if each.met else MISSED
    parts = [_text(LABELS - 8, top + 16, f"{each.work} · {each.against}", anchor="end")]
    if each.ratio is None:
        return [*parts, _text(LABELS + 6, top + 16, each.note or "not measured", colour=MISSED, size=12)]
    start, end = sorted((across(1.0), across(each.ratio)))
    parts.append(f'<rect x="{start:.1f}" y="{top + 4}" width="{max(end - start, 1):.1f}" height="16" fill="{colour}"/>')
    goal = across(each.goal)
    parts.append(f'<path d="M{goal:.1f} {top + 1}v22" stroke="{GOAL}" stroke-width="2"/>')
    told = f"{times(each.ratio)} (goal {times(each.goal)})"
    return [*parts, _text(LABELS + BARS + 8, top + 16, told, colour=colour)]


def _scale(height: float) -> list[str]:
    parts = []
    for ratio in (0.1, 1.0, 10.0, 100.0, 1000.0):
        place = across(ratio)
        parts.append(f'<path d="M{place:.1f} {TOP - 4}V{height - BOTTOM + 4}" stroke="#dee2e6"/>')
        parts.append(_text(place, TOP - 8, f"{ratio:g}×", anchor="middle", colour=FAINT, size=11))
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = TEXT, size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{escape(text)}</text>'
    )
