"""The plan's pure decisions: what is tried, whose objects are left alone, how plans are told apart."""

import pytest

from deployer.desired import MEMBER_LABEL, Item
from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.inventory import Member
from deployer.plan import Plan, Step, moved
from deployer.planning import MOST_ALIKE, foreign, pinned_of, samples, shape
from deployer.prune import refuse_wholesale
from deployer.survey import Found

ID = "applyset-x-v1"


def item(name="a", **data):
    meta = {"name": name, "namespace": "ns"}
    return Item({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}, "shipline")


def new(count, **data):
    return [Found(item(f"c{number}", **data), None, False) for number in range(count)]


def test_objects_to_be_created_are_all_tried_while_there_are_few_of_a_shape():
    assert len(samples(new(MOST_ALIKE, v="1"))) == MOST_ALIKE
    assert len(samples(new(MOST_ALIKE + 1, v="1"))) == 1
    assert len(samples([*new(MOST_ALIKE + 1, v="1"), *new(3, other="1")])) == 4


def test_a_shape_is_paths_and_types_and_no_values():
    assert shape({"a": [1, 2], "b": {"c": "x"}}) == shape({"b": {"c": "y"}, "a": [3]})
    assert shape({"a": 1}) != shape({"a": "1"})
    assert shape({"a": 1}) != shape({"b": 1})
    assert shape([{"a": 1}]) != shape([{"a": 1}, {"b": 1}])


def live(**meta):
    return Found(item(), {"uid": "u", **meta}, True)


def test_what_belongs_to_another_set_or_helm_release_is_not_taken():
    assert foreign(live(), ID) is None
    assert foreign(live(labels={MEMBER_LABEL: ID}), ID) is None
    assert "another set" in str(foreign(live(labels={MEMBER_LABEL: "applyset-other-v1"}), ID))
    assert foreign(live(annotations={"meta.helm.sh/release-name": "shop"}), ID) is None
    charted = item()
    charted.object["metadata"]["annotations"] = {"meta.helm.sh/release-name": "mine"}
    theirs = Found(charted, {"uid": "u", "annotations": {"meta.helm.sh/release-name": "shop"}}, True)
    assert "Helm release 'shop'" in str(foreign(theirs, ID))


def members(count):
    return [Member("", "v1", "ConfigMap", "ns", f"c{number}") for number in range(count)]


def test_a_share_counts_only_from_ten_objects_on():
    refuse_wholesale(members(9), 9, 0.5)
    refuse_wholesale(members(5), 10, 0.5)
    with pytest.raises(Fatal, match="it would delete 6 of the 10 objects"):
        refuse_wholesale(members(6), 10, 0.5)
    refuse_wholesale(members(10), 10, 1.0)


def plan(*steps, leaving=()):
    return Plan(tuple(Step(each, action, "u", False) for each, action in steps), tuple(leaving))


def test_a_digest_names_what_is_done_to_what_with_what():
    one = plan((item("a", v="1"), "configured"), (item("b", v="1"), "unchanged"))
    assert one.digest == plan((item("b", v="1"), "unchanged"), (item("a", v="1"), "configured")).digest
    others = [
        plan((item("a", v="2"), "configured"), (item("b", v="1"), "unchanged")),
        plan((item("a", v="1"), "created"), (item("b", v="1"), "unchanged")),
        plan((item("a", v="1"), "configured")),
        plan((item("a", v="1"), "configured"), (item("b", v="1"), "unchanged"), leaving=[(members(1)[0], "deleted")]),
    ]
    assert len({one.digest, *(other.digest for other in others)}) == 5


def test_what_moved_between_two_plans_is_told_by_object():
    read = plan((item("a", v="1"), "configured"), (item("b", v="1"), "unchanged"), (item("c", v="1"), "created"))
    now = plan((item("a", v="2"), "configured"), (item("b", v="1"), "configured"), (item("c", v="1"), "created"))
    assert moved(read.document(), now.document()) == [
        "ConfigMap a: still configured, but with other content",
        "ConfigMap b: unchanged when it was read, configured now",
    ]
    assert moved(read.document(), read.document()) == []


def test_a_plans_document_holds_no_values():
    assert "hunter2" not in str(plan((item("a", v="hunter2"), "created")).document())


def chart(hook="echo 1", crd="v1"):
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"}, "spec": {"run": hook}}
    made = {"kind": "CustomResourceDefinition", "metadata": {"name": "gadgets.x"}, "spec": {"version": crd}}
    run = Hook("migrate", "Job", "templates/h.yaml", "", job, ("pre-upgrade",), 0, ())
    return Chart("shop", {}, {}, {}, "", (run,), definitions=(made,))


def test_hooks_and_definitions_of_charts_are_part_of_what_is_read():
    def pinning(*charts):
        return Plan((Step(item("a"), "unchanged", "u", False),), (), pinned=pinned_of(charts, b"key"))

    read = pinning(chart())
    assert read.digest == pinning(chart()).digest
    assert len({read.digest, pinning(chart(hook="rm")).digest, pinning(chart(crd="v2")).digest, pinning().digest}) == 4
    assert moved(read.document(), pinning(chart(hook="rm")).document()) == [
        "hook Job migrate of Helm release shop: other content"
    ]
    assert moved(pinning().document(), read.document())[1] == (
        "hook Job migrate of Helm release shop: it was not there when the plan was read"
    )
    assert "echo" not in str(read.document())
