"""The pure decisions: what is pruned, what a way back is, what an inventory knows."""

from deployer.desired import MEMBER_LABEL, Desired, Item
from deployer.inventory import Member, widened
from deployer.prune import verdict
from deployer.restore import way_back

ID = "applyset-x-v1"


def member(name="a", uid="u", kind="ConfigMap", adopted=False):
    return Member("", "v1", kind, "ns", name, uid, adopted)


def live(uid="u", label=ID, **meta):
    return {"metadata": {"uid": uid, "labels": {MEMBER_LABEL: label}, **meta}}


def test_an_object_is_deleted_only_when_inventory_label_and_uid_say_that_it_is_ours():
    assert verdict(member(), live(), ID) == "delete"
    assert verdict(member(uid=""), live(), ID) == "delete"
    assert verdict(member(), live(uid="another"), ID) == "keep"
    assert verdict(member(), live(label="applyset-other-v1"), ID) == "keep"
    assert verdict(member(), {"metadata": {"uid": "u"}}, ID) == "keep"
    assert verdict(member(), None, ID) == "gone"


def test_what_holds_data_or_is_controlled_or_asks_to_stay_is_kept():
    for kind in ("Namespace", "CustomResourceDefinition", "PersistentVolume", "PersistentVolumeClaim"):
        assert verdict(member(kind=kind), live(), ID) == "keep"
    assert verdict(member(), live(ownerReferences=[{"uid": "x", "controller": True}]), ID) == "keep"
    assert verdict(member(), live(annotations={"helm.sh/resource-policy": "keep"}), ID) == "keep"


def item(name, value):
    meta = {"name": name, "namespace": "ns"}
    return Item({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"v": value}}, "shipline")


def test_a_way_back_touches_only_what_the_release_changed():
    previous = Desired((item("same", "1"), item("changed", "1"), item("left", "1")))
    current = Desired((item("same", "1"), item("changed", "2"), item("new", "2"), item("theirs", "2")))
    members = (member("same"), member("changed"), member("left"), member("new"), member("theirs", adopted=True))
    way = way_back(previous, current, members)
    assert [each.identity.name for each in way.apply] == ["changed", "left"]
    assert [each.name for each in way.delete] == ["new"]


def test_a_way_back_rewrites_everything_when_it_is_not_known_what_was_changed():
    previous = Desired((item("a", "1"), item("b", "1")))
    assert way_back(previous, None, ()).apply == previous.items


def test_a_union_keeps_what_is_known_and_learns_uids():
    known = (member("a", uid="1"), member("b", uid="", adopted=True))
    assert widened(known, [member("a", uid=""), member("b", uid="2"), member("c")]) == (
        member("a", uid="1"),
        member("b", uid="2", adopted=True),
        member("c"),
    )
