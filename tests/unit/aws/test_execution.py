"""Stacks brought about by providers of the tests' own: what is made, changed, replaced, and undone."""

import json
from typing import Any

import pytest

from local.aws.cloudformation.operations import NO_CHANGES, Operations
from local.aws.cloudformation.registry import UnknownType
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, ResourceFailed, made
from local.aws.cloudformation.stack import Request, Stack
from local.aws.cloudformation.store import Refused, Stacks

THING = "Test::Service::Thing"


class Things:
    """A service of things that have a name, which is a thing's identity, and a colour, which may change."""

    def __init__(self) -> None:
        self.living: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []

    def create(self, desired: Desired) -> Deployed:
        name = desired.properties.get("Name", desired.name)
        self._refuse(desired, name)
        if name in self.living:
            raise ResourceFailed(f"{name} exists")
        self.living[name] = desired.properties
        self.calls.append(f"create {name}")
        return made(desired, name, {"Arn": f"arn:{name}", "Colour": desired.properties.get("Colour", "none")})

    def update(self, deployed: Deployed, desired: Desired) -> Deployed:
        name = deployed.physical_resource_id
        if desired.properties.get("Size") != deployed.properties.get("Size"):
            raise CannotChange(f"the size of {name} cannot be changed")
        self.living[name] = desired.properties
        self.calls.append(f"update {name}")
        self._refuse(desired, name)
        return made(desired, name, deployed.attributes | {"Colour": desired.properties.get("Colour", "none")})

    def delete(self, deployed: Deployed) -> None:
        self.calls.append(f"delete {deployed.physical_resource_id}")
        if deployed.properties.get("Sticky"):
            raise ResourceFailed("it is in use")
        self.living.pop(deployed.physical_resource_id, None)

    def _refuse(self, desired: Desired, name: str) -> None:
        if desired.properties.get("Colour") == "bad":
            raise ResourceFailed(f"{name} cannot be bad")
        if desired.properties.get("Colour") == "bug":
            raise IndexError("a bug of the provider")


class OneType:
    """A registry of this one type."""

    aws = None

    def __init__(self, things: Things) -> None:
        self.things = things

    def provider(self, type_name: str) -> Things:
        if type_name != THING:
            raise UnknownType(f"Unrecognized resource types: [{type_name}]")
        return self.things

    def problems(self, type_name: str, properties: dict[str, Any]) -> list[str]:
        return ["#: extraneous key [Wrong] is not permitted"] if "Wrong" in properties else []

    def replaces(self, type_name: str, before: dict[str, Any], now: dict[str, Any]) -> bool:
        return before.get("Name") != now.get("Name")


def thing(**properties: Any) -> dict[str, Any]:
    more = {key: properties.pop(key) for key in ("DependsOn", "DeletionPolicy", "Condition") if key in properties}
    return {"Type": THING, "Properties": properties, **more}


def request(
    outputs: dict[str, Any] | None = None, parameters: dict[str, str] | None = None, **resources: Any
) -> Request:
    template: dict[str, Any] = {"Resources": resources, "Outputs": outputs or {}}
    if parameters is not None:
        template["Parameters"] = {key: {"Type": "String"} for key in parameters}
        template["Conditions"] = {"IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}
    return Request(json.dumps(template), template, parameters or {})


@pytest.fixture
def things() -> Things:
    return Things()


@pytest.fixture
def operations(things: Things) -> Operations:
    return Operations(Stacks("123456789012", "us-east-1"), OneType(things), lambda: None)  # type: ignore[arg-type]


def create(operations: Operations, what: Request, name: str = "shop", **more: Any) -> Stack:
    return operations.create_stack(name, what, rollback=more.get("rollback", True), token=None)


def update(operations: Operations, what: Request, name: str = "shop") -> Stack:
    return operations.update_stack(name, what, rollback=True, token=None)


def reasons(stack: Stack) -> list[str]:
    return [f"{event.logical_id}: {event.reason}" for event in stack.events if event.status.endswith("_FAILED")]


def test_resources_are_made_in_the_order_of_their_needs(operations: Operations, things: Things) -> None:
    stack = create(
        operations,
        request(
            outputs={"Said": {"Value": {"Fn::Join": ["-", [{"Ref": "A"}, {"Fn::GetAtt": ["B", "Arn"]}]]}}},
            A=thing(Name="a", Of={"Fn::GetAtt": ["B", "Arn"]}),
            B=thing(Name="b"),
        ),
    )
    assert stack.status == "CREATE_COMPLETE"
    assert things.calls == ["create b", "create a"]
    assert things.living["a"]["Of"] == "arn:b"
    assert [(each.key, each.value) for each in stack.outputs] == [("Said", "a-arn:b")]


def test_a_false_condition_makes_nothing_and_no_value_says_nothing(operations: Operations, things: Things) -> None:
    what = request(
        parameters={"Stage": "dev"},
        A=thing(
            Name="a", Gone={"Ref": "AWS::NoValue"}, Listed=["x", {"Fn::If": ["IsProd", "y", {"Ref": "AWS::NoValue"}]}]
        ),
        B=thing(Name="b", Condition="IsProd"),
    )
    assert create(operations, what).status == "CREATE_COMPLETE"
    assert things.living == {"a": {"Name": "a", "Listed": ["x"]}}


def test_a_change_that_is_refused_leaves_nothing_to_go_back_from(operations: Operations, things: Things) -> None:
    create(operations, request(A=thing(Name="a", Size=1), B=thing(Name="b", Colour="red")))
    things.calls.clear()
    stack = update(operations, request(B=thing(Name="b", Colour="blue"), A=thing(Name="a", Size=2, DependsOn="B")))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "A: the size of a cannot be changed" in reasons(stack)
    assert things.calls == ["update b", "update b"]
    assert things.living == {"a": {"Name": "a", "Size": 1}, "b": {"Name": "b", "Colour": "red"}}


def test_a_failed_creation_is_undone_and_can_be_tried_again(operations: Operations, things: Things) -> None:
    stack = create(operations, request(A=thing(Name="a"), B=thing(Name="b", Colour="bad", DependsOn="A")))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert things.living == {}
    assert "B: b cannot be bad" in reasons(stack)
    operations.delete_stack("shop", None)
    assert create(operations, request(A=thing(Name="a"), B=thing(Name="b"))).status == "CREATE_COMPLETE"


def test_without_rollback_what_was_made_stays(operations: Operations, things: Things) -> None:
    stack = create(operations, request(A=thing(Name="a"), B=thing(Colour="bad", DependsOn="A")), rollback=False)
    assert (stack.status, list(things.living)) == ("CREATE_FAILED", ["a"])
    assert operations.roll_back("shop", None).status == "ROLLBACK_COMPLETE"
    assert things.living == {}


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (thing(Wrong=1), "A: Properties validation failed for resource with message: #: extraneous key [Wrong]"),
        ({"Type": "Test::No::Type"}, "A: Unrecognized resource types: [Test::No::Type]"),
        (thing(Colour="bug"), "A: IndexError: a bug of the provider"),
    ],
)
def test_the_resource_that_fails_is_named(operations: Operations, resource: dict[str, Any], said: str) -> None:
    stack = create(operations, request(A=resource))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert any(each.startswith(said) for each in reasons(stack))


def test_an_update_touches_what_changed_and_what_depends_on_it(operations: Operations, things: Things) -> None:
    def what(name: str) -> Request:
        return request(A=thing(Name=name), B=thing(Name="b", Of={"Ref": "A"}), C=thing(Name="c"))

    create(operations, what("a"))
    things.calls.clear()
    assert update(operations, what("z")).status == "UPDATE_COMPLETE"
    assert things.calls == ["create z", "update b", "delete a"]
    assert things.living["b"]["Of"] == "z"


def test_what_the_template_drops_is_deleted_unless_it_is_retained(operations: Operations, things: Things) -> None:
    create(operations, request(A=thing(Name="a"), B=thing(Name="b"), C=thing(Name="c", DeletionPolicy="Retain")))
    update(operations, request(A=thing(Name="a")))
    assert set(things.living) == {"a", "c"}


def test_a_failed_update_goes_back_to_what_was(operations: Operations, things: Things) -> None:
    before = request(A=thing(Name="a"), B=thing(Name="b", Colour="red"), C=thing(Name="c"))
    create(operations, before)
    stack = update(
        operations,
        request(A=thing(Name="z"), B=thing(Name="b", Colour="blue"), D=thing(Colour="bad", DependsOn=["A", "B"])),
    )
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert things.living == {"a": {"Name": "a"}, "b": {"Name": "b", "Colour": "red"}, "c": {"Name": "c"}}
    assert {name: each.physical_resource_id for name, each in stack.resources.items()} == {"A": "a", "B": "b", "C": "c"}


def test_a_change_that_fails_half_way_is_taken_back(operations: Operations, things: Things) -> None:
    create(operations, request(A=thing(Name="a", Colour="red")))
    stack = update(operations, request(A=thing(Name="a", Colour="bad")))
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert things.living["a"]["Colour"] == "red"


def test_an_unchanged_stack_is_not_updated(operations: Operations) -> None:
    create(operations, request(A=thing(Name="a")))
    with pytest.raises(Refused, match="No updates are to be performed"):
        update(operations, request(A=thing(Name="a")))
    change_set = operations.create_change_set("shop", "again", "UPDATE", request(A=thing(Name="a")), None)
    assert (change_set.status, change_set.reason) == ("FAILED", NO_CHANGES)


def test_change_sets_of_one_name_belong_to_their_stacks(operations: Operations) -> None:
    for name in ("one", "two"):
        operations.create_change_set(name, "deploy", "CREATE", request(A=thing(Name=name)), None)
    found = operations.stacks.change_set("deploy", "one")
    assert found.stack.name == "one"
    operations.execute_change_set(found, rollback=True, token=None)
    assert operations.stacks.get("one").status == "CREATE_COMPLETE"
    assert operations.stacks.get("two").status == "REVIEW_IN_PROGRESS"
    with pytest.raises(Refused, match=r"ChangeSet \[deploy\] does not exist"):
        operations.stacks.change_set("deploy", "three")


def test_an_export_reaches_another_stack_and_cannot_go_while_it_is_used(operations: Operations, things: Things) -> None:
    exported = {"Out": {"Value": {"Ref": "A"}, "Export": {"Name": "shop:A"}}}
    create(operations, request(outputs=exported, A=thing(Name="a")))
    create(operations, request(B=thing(Name="b", Of={"Fn::ImportValue": "shop:A"})), "user")
    assert things.living["b"]["Of"] == "a"
    with pytest.raises(Refused, match="in use by user"):
        operations.delete_stack("shop", None)
    assert update(operations, request(A=thing(Name="a"))).status == "UPDATE_ROLLBACK_COMPLETE"
    operations.delete_stack("user", None)
    operations.delete_stack("shop", None)
    assert things.living == {}


def test_what_cannot_be_deleted_leaves_its_stack_failed(operations: Operations, things: Things) -> None:
    stack = create(operations, request(A=thing(Name="a", Sticky=True), B=thing(Name="b")))
    operations.delete_stack("shop", None)
    assert (stack.status, list(things.living), list(stack.resources)) == ("DELETE_FAILED", ["a"], ["A"])


@pytest.mark.parametrize(
    ("status", "ends", "left"),
    [
        ("CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE", set()),
        ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", {"a"}),
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE", set()),
    ],
)
def test_an_operation_that_a_kill_cut_short_is_brought_to_its_end(
    operations: Operations, things: Things, status: str, ends: str, left: set[str]
) -> None:
    stack = create(operations, request(A=thing(Name="a")))
    stack.record(status)
    operations.resume()
    operations._running[stack.id].join(10)
    assert stack.status == ends
    assert set(things.living) == left


def test_a_parameter_without_a_value_is_refused_before_anything_is_made(operations: Operations, things: Things) -> None:
    what = request(parameters={"Stage": "dev"}, A=thing(Name="a"))
    with pytest.raises(Refused, match=r"Parameters: \[Stage\] must have values"):
        create(operations, Request(what.template_text, what.template, {}))
    assert things.calls == []
