"""Two CodePipeline pipelines → what moves between a push and its release, in words. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cli.planning import conditions
from cli.planning.changes import Change
from cli.planning.compare import leaves
from cli.planning.lines import Line, property_texts
from cli.planning.names import Names
from cli.planning.template import Resource, properties

# AWS: a stage rolls back only to an execution that was started with the pipeline's present structure.
NO_WAY_BACK = (
    "this edit resets CodePipeline's own rollback targets: a stage's rollback finds nothing until the next release "
    "has passed; shipline rollback does not depend on it"
)
Stage = Mapping[str, Any]
TOLD = ("Actions", *conditions.WHEN)  # of a stage, in words of their own


def pipeline_lines(old: Resource, new: Resource, names: Names) -> tuple[Line, ...]:
    """Nothing when its structure stays: a tag is none of it."""
    before, after = dict(properties(old)), dict(properties(new))
    stages = tuple(_stages(before.pop("Stages", []), after.pop("Stages", []), names))
    for each in (before, after):
        each.pop("Tags", None)
    rest = tuple(Line(f"the pipeline's {words}") for words in property_texts(leaves(before, after), names))
    return (*stages, *rest, Line(NO_WAY_BACK)) if stages or rest else ()


def is_trigger(change: Change, names: Names) -> bool:
    """Whether it is what starts the pipeline from outside, as a push to CodeCommit does."""
    return change.type == "AWS::Events::Rule" and names.name(change.id).thing.startswith("the trigger of the pipeline")


def trigger_lines(changes: Iterable[Change], names: Names) -> tuple[Line, ...]:
    """Another branch has a rule of its own: the one that goes and the one that comes are told as one."""
    found = [change for change in changes if is_trigger(change, names)]
    if not found:
        return ()
    old, new = (
        {name: value for each in found for name, value in properties(getattr(each, side) or {}).items()}
        for side in ("before", "after")
    )
    return (Line(names.name(found[0].id).thing, tuple(property_texts(leaves(old, new), names)), _ids(found)),)


def _ids(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(change.id for change in changes)


def course(pipeline: Resource) -> str:
    """The stages in their order."""
    return " → ".join(stage["Name"] for stage in properties(pipeline).get("Stages", ()))


def _stages(old: list[Stage], new: list[Stage], names: Names) -> Iterator[Line]:
    before, after = _by_name(old), _by_name(new)
    for name, stage in after.items():
        if name not in before:
            yield Line(f"new stage {name}{_behind(name, list(after))}", tuple(_listed(stage)))
    for name in before:
        if name not in after:
            yield Line(f"the stage {name} goes")
    common = [name for name in before if name in after]
    if common != (order := [name for name in after if name in before]):
        yield Line(f"the stages change places: {' → '.join(common)} becomes {' → '.join(order)}")
    for name in order:
        if details := tuple(_stage(before[name], after[name], names)):
            yield Line(f"the stage {name} changes", details)


def _stage(old: Stage, new: Stage, names: Names) -> Iterator[str]:
    before, after = _by_name(old["Actions"]), _by_name(new["Actions"])
    yield from (f"new action {name} ({_kind(action)})" for name, action in after.items() if name not in before)
    yield from (f"the action {name} goes" for name in before if name not in after)
    for name in [name for name in before if name in after]:
        for words in property_texts(leaves(before[name], after[name]), names):
            yield f"{name}: {words}"
    yield from conditions.changes(old, new, names)
    yield from property_texts(leaves(_rest(old), _rest(new)), names)


def _rest(stage: Stage) -> dict[str, Any]:
    return {key: value for key, value in stage.items() if key not in TOLD}


def _by_name(items: list[Any]) -> dict[str, Any]:
    return {item["Name"]: item for item in items}


def _behind(name: str, order: list[str]) -> str:
    place = order.index(name)
    return f", behind {order[place - 1]}" if place else ", first of all"


def _listed(stage: Stage) -> Iterator[str]:
    yield from (f"{action['Name']} ({_kind(action)})" for action in stage["Actions"])
    yield from conditions.listed(stage)


def _kind(action: Mapping[str, Any]) -> str:
    kind = action["ActionTypeId"]
    return f"{kind['Category']} by {kind['Provider']}"
