"""What is made, and what changes in place, beyond rights, network and the pipeline's structure. Pure."""

from collections.abc import Iterable, Iterator

from cli.planning.changes import VERSIONS, Change, PropertyChange
from cli.planning.grants import grants, tells_rights
from cli.planning.lines import Line, property_texts
from cli.planning.losses import POLICIES
from cli.planning.names import Names
from cli.planning.network import is_network, tells_network
from cli.planning.template import properties

PIPELINE = "AWS::CodePipeline::Pipeline"


def rest_lines(changes: Iterable[Change], names: Names) -> tuple[Line, ...]:
    """Things that change alike are told together."""
    found = [change for change in changes if not is_network(change.type) and not change.goes]
    changed = [change for change in found if change.action != "created"]
    return (
        *_created((change for change in found if change.action == "created" and change.type != PIPELINE), names),
        *_alike(((change, _details(change, names)) for change in changed), names),
        *_reworded(changed, names),
    )


def sections_line(stack: str, found: Iterable[PropertyChange]) -> tuple[Line, ...]:
    """What a template says beside its resources."""
    parts = sorted({" ".join(each.path[:2]) for each in found})
    return (Line(f"of the stack {stack} itself: {', '.join(parts)}"),) if parts else ()


def _details(change: Change, names: Names) -> tuple[str, ...]:
    if change.type in VERSIONS:
        return ("a new version",)
    return (
        *dict.fromkeys(property_texts((each for each in change.properties if not _told(change, each)), names)),
        *(f"because {names.full(cause)} is replaced" for cause in change.because if not _is_version(cause, change)),
    )


def _told(change: Change, found: PropertyChange) -> bool:
    """Whether another group tells it."""
    name = found.path[0]
    return (
        name in POLICIES
        or (change.type == PIPELINE and name != "Tags")
        or tells_network(change.type, name)
        or _is_right(change, found)
    )


def _is_right(change: Change, found: PropertyChange) -> bool:
    name = found.path[0]
    before, after = (properties(each or {}).get(name) for each in (change.before, change.after))
    return tells_rights(change.type, name, before, after)


def _is_version(cause: str, change: Change) -> bool:
    """A function's layers are followed by their versions: each new one is told by itself."""
    layers = ((change.after or {}).get("Properties") or {}).get("Layers", ())
    return {"Ref": cause} in layers


def _created(changes: Iterable[Change], names: Names) -> Iterator[Line]:
    things: dict[str, list[Change]] = {}
    for change in changes:
        things.setdefault(names.name(change.id).thing, []).append(change)
    for thing, found in things.items():
        parts = sorted({names.name(each.id).part for each in found} - {thing.removeprefix("the ")})
        words = f" ({', '.join(parts)})" if len(found) > 1 else ""
        refused = tuple(f"CloudFormation will refuse this: {each.refused}" for each in found if each.refused)
        yield Line(f"new: {thing}{words}", refused, tuple(each.id for each in found))


def _alike(found: Iterable[tuple[Change, tuple[str, ...]]], names: Names) -> Iterator[Line]:
    together: dict[tuple[str, ...], list[str]] = {}
    for change, details in found:
        if details:
            together.setdefault(details, []).append(change.id)
    for details, ids in together.items():
        yield Line(", ".join(names.full(each) for each in ids), details, tuple(ids))


def _reworded(changes: Iterable[Change], names: Names) -> Iterator[Line]:
    ids = tuple(
        change.id
        for change in changes
        if any(_is_right(change, each) for each in change.properties)
        and _given(change.id, change.before, names) == _given(change.id, change.after, names)
    )
    if ids:
        yield Line(f"written differently, with the same rights: {', '.join(names.full(each) for each in ids)}", (), ids)


def _given(key: str, resource: object, names: Names) -> object:
    return grants({"Resources": {key: resource}}, names)
