"""Whatever changes in a template is told by some group of the plan."""

import copy
from collections.abc import Iterator
from typing import Any

from cli.planning.deployed import Deployed
from cli.planning.plan import make_plan

EVERY = 7  # edits; all of them take twelve seconds, and find no more

REFERENCES = ("Ref", "Fn::GetAtt", "Type", "DependsOn")


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every word, number and switch that is not a reference."""
    if set(path) & set(REFERENCES[:2]) or path[1:2] in [(name,) for name in REFERENCES[2:]]:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path
    for key, item in items or ():
        yield from places(item, (*path, key))


def edited(template: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(template)
    place = made["Resources"]
    for key in path[:-1]:
        place = place[key]
    value = place[path[-1]]
    place[path[-1]] = not value if isinstance(value, bool) else value + ("x" if isinstance(value, str) else 1)
    return made


def without(template: Any, key: str) -> Any:
    return {**template, "Resources": {name: each for name, each in template["Resources"].items() if name != key}}


def silent(old: Any, new: Any) -> bool:
    plan = make_plan([Deployed("stack", "UPDATE_COMPLETE", old)], [new])
    return not any((plan.rights, plan.network, plan.losses, plan.pipeline, plan.rest))


def test_no_edit_of_a_property_is_silent(before: Any) -> None:
    for stack in before:
        found = list(places(stack.template["Resources"]))[::EVERY]
        assert len(found) > 20
        assert [path for path in found if silent(stack.template, edited(stack.template, path))] == []


def test_no_resource_comes_or_goes_silently(before: Any) -> None:
    for stack in before:
        for key in list(stack.template["Resources"])[::EVERY]:
            assert not silent(stack.template, without(stack.template, key)), key
            assert not silent(without(stack.template, key), stack.template), key
