"""What a benchmark leaves behind: a table that people read, a picture, and the same for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.engine.plan import Plan
from bench.engine.plot import svg
from bench.engine.results import Comparison
from bench.engine.samples import Samples
from bench.engine.table import HEAD, cells, markdown
from bench.engine.tool import Tool

TITLE = "The engine beside kubectl, helm and kapp"
HOW = """\
Whole processes, from their start to their end, medians of {runs} runs with {objects} objects. All tools speak to the
same API server through a relay of 2.5 ms each way, take turns, and begin each work when the controllers have come to
rest. The ratio is theirs by ours, and its goal is the least that is good enough. Where the others do not wait until
what they wrote is healthy, our waiting for it is not counted, and is told below."""


@dataclass
class Page:
    """`stem`: the files' path without its suffix."""

    stem: Path
    plan: Plan
    samples: Samples
    tools: Sequence[Tool]
    facts: Mapping[str, Mapping[str, str]]
    comparisons: list[Comparison] = field(default_factory=list)


def write(page: Page) -> None:
    page.stem.parent.mkdir(parents=True, exist_ok=True)
    _save(page, ".json", [each.as_json() for each in page.comparisons])
    _save(page, ".machine.json", page.facts)
    page.stem.with_suffix(".svg").write_text(svg(TITLE, page.comparisons))
    page.stem.with_suffix(".md").write_text("\n".join(text(page)).rstrip() + "\n")


def text(page: Page) -> list[str]:
    met = sum(each.met for each in page.comparisons)
    lines = [f"# {TITLE}", "", f"{met} of {len(page.comparisons)} goals are met.", ""]
    lines += [*markdown(HEAD, map(cells, page.comparisons)), "", f"![ratios]({page.stem.name}.svg)", ""]
    lines += [HOW.format(runs=page.plan.runs, objects=page.plan.objects), ""]
    lines += _section(
        "Notes", [f"- {each.work}, {each.against}: {each.note}" for each in page.comparisons if each.note]
    )
    for title, (head, *rows) in page.samples.tables.items():
        lines += _section(title, markdown(head, rows))
    lines += _section("How each is called", [f"- {tool.name}: {tool.note}" for tool in page.tools])
    for title, told in page.facts.items():
        lines += _section(title, [f"- {name}: {fact}" for name, fact in told.items()])
    failures = page.samples.failures.items()
    return lines + _section(
        "What failed", [f"- {work}, {tool}:\n\n```\n{told}\n```" for (work, tool), told in failures]
    )


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _save(page: Page, suffix: str, value: object) -> None:
    page.stem.with_suffix(suffix).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
