"""What is wrong with a definition, said so that the reader can mend it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Path = tuple[str | int, ...]


def dotted(path: Path) -> str:
    """`environments[1].verify`, as people point at it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True)
class Problem:
    """One mistake: `where` in the data, what is `wrong`, and the `remedy`. Lines and columns count from 1."""

    where: Path
    wrong: str
    remedy: str
    line: int = 1
    column: int = 1

    def render(self, file: str) -> str:
        key = f"{dotted(self.where)}: " if self.where else ""
        return f"{file}:{self.line}:{self.column}: {key}{self.wrong}; {self.remedy}"


@dataclass(frozen=True)
class Finding:
    """A mistake that has no place in the file yet. It also follows from what stands at the paths of `because`."""

    where: Path
    wrong: str
    remedy: str
    because: tuple[Path, ...] = ()


def repeated(named: Iterable[tuple[Path, str]], remedy: str) -> Iterator[Finding]:
    """What has a value that something before it has."""
    seen: set[str] = set()
    for where, value in named:
        if value in seen:
            yield Finding(where, f"`{value}` is there twice", remedy)
        seen.add(value)


class InvalidDefinition(Exception):
    """The definition cannot be used. `problems` holds every mistake, in the order of the file."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.line, p.column, p.wrong)))
        super().__init__("\n".join(problem.render(file) for problem in self.problems))
