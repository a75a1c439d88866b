"""In which order kinds come, and what a wave is."""

import pytest

from deployer.desired import Item, Marks
from deployer.errors import Fatal
from deployer.objects import Key
from deployer.render.documents import Document
from deployer.stages import in_stages, stage_of, wave_of


def item(kind, wave=None):
    notes = {} if wave is None else {"shipline.dev/wave": wave}
    return Item({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "annotations": notes}}, "shipline")


def test_what_others_need_comes_first_and_what_may_refuse_them_last():
    kinds = [
        "CustomResourceDefinition", "PriorityClass", "ServiceAccount", "RoleBinding", "Deployment",
        "ValidatingWebhookConfiguration",
    ]  # fmt: skip
    assert [stage_of(kind) for kind in kinds] == sorted({stage_of(kind) for kind in kinds})
    assert stage_of("Anything") == stage_of("Deployment")
    assert stage_of("Role") < stage_of("RoleBinding")
    found = in_stages([item("Deployment"), item("ConfigMap"), item("Namespace"), item("Secret")])
    assert [[each.key.kind for each in stage] for stage in found] == [
        ["Namespace"],
        ["ConfigMap", "Secret"],
        ["Deployment"],
    ]


@pytest.mark.parametrize(("text", "wave"), [(None, 0), ("0", 0), ("-1", -1), ("+2", 2), ("10", 10)])
def test_a_wave_is_a_whole_number(text, wave):
    assert wave_of(item("ConfigMap", text)) == wave


@pytest.mark.parametrize("text", ["", "first", "1.5"])
def test_what_is_no_whole_number_is_no_wave(text):
    with pytest.raises(Fatal, match="not a whole number"):
        wave_of(item("ConfigMap", text))


def test_a_document_that_speaks_of_no_wave_is_not_read_for_it():
    key = Key("", "v1", "ConfigMap", "ns", "a")
    made = Item.of(Document("}{ not YAML", "f"), Marks({}, {}), key, "shipline", "c")
    assert wave_of(made) == 0
    assert not made.is_read
