"""The stored set: what goes in comes out, texts unread, also from the first format."""

import gzip
import json

from deployer.desired import MEMBER_LABEL, Desired, Item, Marks
from deployer.helm.chart import Chart
from deployer.objects import Key
from deployer.render.documents import Document
from deployer.store import packed, unpacked

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"v": "1"}}
MARKS = Marks({MEMBER_LABEL: "applyset-x-v1"}, {"note": "n"})


def lazy(text, name="b"):
    key = Key("", "v1", "ConfigMap", "ns", name)
    return Item.of(Document(text, "manifests/b.yaml"), MARKS, key, "shipline", "c" * 32, "d" * 32)


def test_a_set_survives_its_way_through_the_cluster():
    chart = Chart("shop", {"name": "shop"}, {}, {}, "manifest")
    desired = Desired((Item(CONFIG, "helm", content="e" * 32), lazy("kind: ConfigMap\n")), (chart,))
    assert unpacked(packed(desired)) == desired


def test_a_document_is_kept_and_loaded_without_being_read():
    loaded = unpacked(packed(Desired((lazy("}{ not even YAML"),))))
    assert not loaded.items[0].is_read
    assert loaded.items[0].raw == "d" * 32


def test_a_loaded_document_is_completed_when_its_object_is_asked_for():
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {v: '2'}\n"
    item = unpacked(packed(Desired((lazy(text),)))).items[0]
    assert item.object == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "b",
            "namespace": "ns",
            "labels": {MEMBER_LABEL: "applyset-x-v1"},
            "annotations": {"note": "n"},
        },
        "data": {"v": "2"},
    }


def test_a_set_of_the_first_format_is_read():
    data = gzip.compress(json.dumps({"items": [["shipline", CONFIG]], "charts": []}).encode())
    assert unpacked(data).items == (Item(CONFIG, "shipline"),)
