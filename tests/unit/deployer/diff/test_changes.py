import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.diff.changes import Change, Named, applied, changes

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["", "a", "b", "true"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["name", "image", "ports", "env", "args", "value"]), inner, max_size=4),
    ),
    max_leaves=12,
)
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from(list("abcde")), "value": VALUES}),
    max_size=5,
    unique_by=lambda entry: entry["name"],
)
DOCUMENTS = st.dictionaries(st.sampled_from(["spec", "env", "containers", "args"]), st.one_of(VALUES, NAMED))


def unordered(value: Any) -> Any:
    """With lists in an order of their contents: what is left when places mean nothing."""
    if isinstance(value, dict):
        return {key: unordered(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((unordered(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


@settings(deadline=None)  # other tests run beside this one
@given(DOCUMENTS, DOCUMENTS)
def test_the_changes_carried_out_make_the_new_of_the_old(old, new):
    kept = copy.deepcopy(old)
    made = applied(old, changes(old, new))
    assert json.dumps(unordered(made), sort_keys=True) == json.dumps(unordered(new), sort_keys=True)
    assert old == kept


@settings(deadline=None)  # other tests run beside this one
@given(st.lists(SCALARS, max_size=8), st.lists(SCALARS, max_size=8))
def test_the_changes_of_plain_lists_keep_their_order(old, new):
    assert json.dumps(applied({"args": old}, changes({"args": old}, {"args": new}))) == json.dumps({"args": new})


@settings(deadline=None)  # other tests run beside this one
@given(DOCUMENTS)
def test_equal_values_have_no_changes(value):
    assert list(changes(value, copy.deepcopy(value))) == []


@settings(deadline=None)  # other tests run beside this one
@given(NAMED, st.randoms())
def test_a_moved_entry_is_no_change(entries, random):
    moved = random.sample(entries, len(entries))
    assert list(changes({"env": entries}, {"env": moved})) == []


def test_a_truth_is_no_number():
    assert list(changes({"a": 1}, {"a": True})) == [Change(("a",), "changed", 1, True)]


def test_containers_go_by_name_and_env_by_name():
    old = {"containers": [{"name": "a", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}]}
    new = {
        "containers": [{"name": "b"}, {"name": "a", "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "3"}]}]
    }
    a = ("containers", Named(("name",), ("a",)), "env")
    assert list(changes(old, new)) == [
        Change((*a, Named(("name",), ("X",)), "value"), "changed", "1", "3"),
        Change((*a, Named(("name",), ("Y",))), "added", None, {"name": "Y", "value": "2"}),
    ]


def test_ports_without_names_go_by_number_and_protocol():
    old = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
    new = {"ports": [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP", "targetPort": 5353}]}
    where = ("ports", Named(("port", "protocol"), (53, "UDP")), "targetPort")
    assert list(changes(old, new)) == [Change(where, "added", None, 5353)]


def test_an_entry_put_in_front_of_a_plain_list_is_one_change():
    assert list(changes({"args": ["a", "b"]}, {"args": ["x", "a", "b"]})) == [Change(("args", 0), "added", None, "x")]


def test_names_that_two_entries_share_tell_nothing_apart():
    old, new = [{"name": "a"}, {"name": "a"}], [{"name": "a"}]
    assert applied({"env": old}, changes({"env": old}, {"env": new})) == {"env": new}
