"""Data → PipelineConfig, and the problems of its form.

What is wrong is put aside and the rest validated again, so that the checks that need a whole config still run:
a reader gets all mistakes in one go. The config is usable only when there are no problems.
"""

import copy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.messages import meant, sentence
from pipeline.config.model import PipelineConfig
from pipeline.config.problems import Path, Problem
from pipeline.config.text import Document

# Stand in for what is required and missing or wrong, while the rest is checked.
STAND_INS: dict[str, Any] = {"name": "service", "source": "codecommit", "environments": ["environment"]}
# For an item of a list, so that the others keep their numbers; one after the other, until one is taken. When none is,
# the list goes.
ITEMS: tuple[Any, ...] = ("unreadable-{}", {"manifests": "unreadable-{}"}, "arn:aws:iam::000000000000:role/unreadable")
ROUNDS = 12


def validate(document: Document) -> tuple[PipelineConfig, frozenset[Path], list[Problem]]:
    """The config (of what is right), the paths that were put aside, and a problem for each of them."""
    data: Any = copy.deepcopy(document.data)
    problems: list[Problem] = []
    # What the reader of the text had to refuse is None now, and has its problem.
    broken = [problem.where for problem in document.problems if problem.where and _at(data, problem.where) is None]
    for path in broken:
        _put_aside(data, path, False, 0)
    if not isinstance(data, dict):
        problems.append(_problem(document, (), "the file has to be a mapping", "start with `name:` and `source:`"))
        data, broken = {}, [()]
    for attempt in range(ROUNDS):
        try:
            return PipelineConfig.model_validate(data), frozenset(broken), problems
        except ValidationError as error:
            faults = error.errors(include_url=False)
        located = [(fault, written(fault, data)) for fault in faults]
        for fault, path in located:
            if not (_known(path, broken, first=not attempt) or _follows(fault, path, located)):
                problems.append(_problem(document, path, *sentence(fault), of_key=fault["type"] == "extra_forbidden"))
        for fault, path in located:
            _put_aside(data, path, fault["type"] == "missing", broken.count(path))
            broken.append(path)
            if fault["type"] == "missing" and len(path) > 1:
                broken.append(path[:-1])  # it is what was put aside
    raise AssertionError(f"the definition does not settle: {faults}")


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def written(fault: ErrorDetails, data: object) -> Path:
    """pydantic's location less what is not in the data: tags of unions, keys that a short form stands for."""
    path: list[str | int] = []
    here: Any = data
    for step in fault["loc"]:
        if _has(here, step):
            here = here[step]
            path.append(step)
    if fault["type"] == "missing":
        path.append(fault["loc"][-1])
    return tuple(path)


def _has(container: Any, step: str | int) -> bool:
    if isinstance(container, list):
        return isinstance(step, int) and step < len(container)
    return isinstance(container, dict) and step in container


def _known(path: Path, broken: list[Path], first: bool) -> bool:
    """Reported already; after the first round, what encloses a part that was put aside is a consequence, too."""
    return any(path[: len(known)] == known or (not first and known[: len(path)] == path) for known in broken)


def _follows(fault: ErrorDetails, path: Path, located: list[tuple[ErrorDetails, Path]]) -> bool:
    """A list that is too short because its items are wrong; a key that is missing beside one that is almost it."""
    if fault["type"] == "missing":
        return any(
            other["type"] == "extra_forbidden"
            and other["loc"][:-1] == fault["loc"][:-1]
            and meant(str(other["loc"][-1]), [str(path[-1])]) is not None
            for other, _ in located
        )
    return any(len(below) > len(path) and below[: len(path)] == path for _, below in located)


def _problem(document: Document, path: Path, wrong: str, remedy: str, of_key: bool = False) -> Problem:
    place = document.place(path, of_key=of_key)
    return Problem(path, wrong, remedy, place.line, place.column)


def _put_aside(data: dict[str, Any], path: Path, missing: bool, times: int) -> None:
    """Take the part out, or let something stand in for it."""
    if not path:
        data.clear()
    elif path[0] in STAND_INS and len(path) == 1:
        data[str(path[0])] = copy.deepcopy(STAND_INS[str(path[0])])
    elif missing:
        _put_aside(data, path[:-1], False, times)
    elif isinstance(path[-1], int) and times == len(ITEMS):
        _put_aside(data, path[:-1], False, 0)  # nothing stands in for an item of this list
    else:
        _replace(data, path, times)


def _replace(data: Any, path: Path, times: int) -> None:
    if isinstance(path[-1], int) and times >= len(ITEMS):
        path, times = path[:-1], 0
    for step in path[:-1]:
        if not _has(data, step):
            return  # its parent is out already
        data = data[step]
    last = path[-1]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int):
        data[last] = _stand_in(last, times)


def _stand_in(index: int, times: int) -> Any:
    chosen = ITEMS[times]
    if isinstance(chosen, dict):
        return {key: value.format(index) for key, value in chosen.items()}
    return chosen.format(index)
