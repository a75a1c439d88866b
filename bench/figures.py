"""One measured figure, and a table of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from cli.console import columns


@dataclass(frozen=True)
class Figure:
    """`goal` is empty where none was set."""

    name: str
    value: str
    goal: str = ""


def show(title: str, figures: Iterable[Figure]) -> None:
    print(title)
    for line in columns([(each.name, each.value, f"goal {each.goal}" if each.goal else "") for each in figures]):
        print(f"  {line}".rstrip())
    print()


def middle(values: Iterable[float]) -> float:
    """The median: a run beside which something else was going on does not count."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
