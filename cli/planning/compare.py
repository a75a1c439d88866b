"""Two templates of a stack → what happens to each resource when the second is deployed. Pure.

Metadata and the order of deployment (DependsOn) mean nothing to what is deployed, and are not compared.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from cli.planning.changes import Action, Change, PropertyChange
from cli.planning.schemas import schema_of, values_at
from cli.planning.template import Path, Resource, Template, properties, references, resources

Resources = Mapping[str, Resource]

RETAINS = ("Retain", "RetainExceptOnCreate")
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", "CreationPolicy", "Condition")
SECTIONS = ("Parameters", "Mappings", "Conditions", "Outputs", "Transform")
OF_CDK = ("BootstrapVersion", "CDKMetadataAvailable")


def compare(stack: str, old: Template, new: Template) -> tuple[Change, ...]:
    """In the order of the new template; what leaves comes last. `old` is empty for a stack that is not there."""
    before, after = resources(old), resources(as_told(old, new))
    found = {}
    for key in [*after, *(key for key in before if key not in after)]:
        change = _change(stack, key, before.get(key), after.get(key))
        if change is not None:
            found[key] = change
    _follow(stack, found, before, after)
    order = [key for key in [*after, *before] if key in found]
    return tuple(_refused(found[key], found.values()) for key in dict.fromkeys(order))


def sections(old: Template, new: Template) -> tuple[PropertyChange, ...]:
    """What changes beside the resources."""
    new = as_told(old, new)
    return tuple(
        each
        for section in SECTIONS
        for each in leaves(_section(old, section), _section(new, section), (section,))
        if not set(each.path) & set(OF_CDK)
    )


def as_told(old: Any, new: Any) -> Any:
    """`new` as CloudFormation would tell it where it tells `old`: with `?` for each character beyond ASCII."""
    match old, new:
        case Mapping(), Mapping():
            return {key: as_told(old.get(key), item) for key, item in new.items()}
        case list(), list() if len(old) == len(new):
            return [as_told(*pair) for pair in zip(old, new, strict=True)]
        case str(), str() if "".join(c if c < "\x80" else "?" for c in new) == old:
            return old
    return new


def leaves(old: Any, new: Any, path: Path = ()) -> Iterator[PropertyChange]:
    """The smallest parts that differ; a list that grew or shrank is one."""
    match old, new:
        case _ if same(old, new):
            return
        case Mapping(), Mapping() if not _function(old) and not _function(new):
            for key in [*old, *(key for key in new if key not in old)]:
                yield from leaves(old.get(key), new.get(key), (*path, key))
        case list(), list() if (names := _item_names(old, new)) and not same(*names):
            yield from leaves(*names, path)
        case list(), list() if len(old) == len(new) and all(isinstance(item, Mapping) for item in [*old, *new]):
            for number, pair in enumerate(zip(old, new, strict=True)):
                yield from leaves(*pair, (*path, str(number)))
        case _:
            yield PropertyChange(path, old, new)


def _item_names(old: list[Any], new: list[Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists whose items have names, by them; None when their items have none."""
    for key in ("Name", "name", "Key", "Id"):
        named = [{item[key]: item for item in items if _has(item, key)} for items in (old, new)]
        if [len(each) for each in named] == [len(old), len(new)]:
            return named[0], named[1]
    return None


def _has(item: Any, key: str) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get(key), str)


def same(old: Any, new: Any) -> bool:
    """CloudFormation takes `true` and `"true"`, 1 and `"1"`, for the same."""
    match old, new:
        case Mapping(), Mapping():
            return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
        case list(), list():
            return len(old) == len(new) and all(same(*pair) for pair in zip(old, new, strict=True))
        case (str() | int() | float(), str() | int() | float()):
            return _word(old) == _word(new)
    return bool(old == new)


def _change(stack: str, key: str, old: Resource | None, new: Resource | None) -> Change | None:
    if old is None:
        assert new is not None
        return Change(stack, key, new["Type"], "created", after=new)
    if new is None:
        stays = old.get("DeletionPolicy") in RETAINS
        return Change(stack, key, old["Type"], "kept" if stays else "deleted", before=old)
    if old["Type"] != new["Type"]:
        refused = f"a resource does not become another type ({old['Type']}) under the same logical id"
        return Change(stack, key, new["Type"], "replaced", old, new, refused=refused)
    found = (*leaves(properties(old), properties(new)), *_policies(old, new))
    if not found:
        return None
    return Change(stack, key, new["Type"], _how(new["Type"], properties(old), properties(new)), old, new, found)


def _policies(old: Resource, new: Resource) -> Iterator[PropertyChange]:
    for name in POLICIES:
        yield from leaves(old.get(name), new.get(name), (name,))


def _how(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Action:
    schema = schema_of(kind)
    if _differs(schema.create_only, old, new):
        return "replaced"
    return "maybe replaced" if _differs(schema.maybe_create_only, old, new) else "changed"


def _differs(paths: tuple[Path, ...], old: Any, new: Any) -> bool:
    return any(not same(list(values_at(old, path)), list(values_at(new, path))) for path in paths)


def _follow(stack: str, found: dict[str, Change], before: Resources, after: Resources) -> None:
    """What refers to a replaced resource changes with it, and is replaced where its reference cannot change."""
    told: set[str] = set()
    while gone := {key for key, each in found.items() if each.action == "replaced"} - told:
        told |= gone
        for key in [key for key in after if key in before]:
            met = [(path, name) for path, name in references(properties(after[key])) if name in gone]
            if met:
                change = found.get(key) or Change(stack, key, after[key]["Type"], "changed", before[key], after[key])
                found[key] = _following(change, met)


def _following(change: Change, met: list[tuple[Path, str]]) -> Change:
    fixed = schema_of(change.type).create_only
    anew = any(_meets(path, each) for path, _ in met for each in fixed)
    because = tuple(sorted({*change.because, *(name for _, name in met)}))
    return replace(change, action="replaced" if anew else change.action, because=because)


def _meets(path: Path, pattern: Path) -> bool:
    return all(a == b or b == "*" for a, b in zip(path, pattern, strict=False))


def _refused(change: Change, others: Iterable[Change]) -> Change:
    """CloudFormation makes the new one before it deletes the old one, and two cannot have one name."""
    if change.after is None or change.refused or change.action not in ("created", "replaced"):
        return change
    name = _identity(change.after)
    rivals = (
        [change] if change.action == "replaced" else [each for each in others if each.action in ("deleted", "kept")]
    )
    if name and any(each.before and _identity(each.before) == name for each in rivals):
        return replace(change, refused="a resource with this name is there until after the new one is made")
    return change


def _identity(resource: Resource) -> tuple[str, ...]:
    """Type and name; empty when AWS chooses the name."""
    schema = schema_of(resource["Type"])
    values = [list(values_at(properties(resource), path)) for path in schema.identity]
    if not values or not all(values) or not all(isinstance(part, str) for value in values for part in value):
        return ()
    return (resource["Type"], *(part for value in values for part in value))


def _section(template: Template, name: str) -> Any:
    return template.get(name) or {}


def _function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
