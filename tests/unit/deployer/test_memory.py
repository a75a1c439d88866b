"""When a live object is known to be as wanted, and what is remembered of it."""

import pytest

from deployer.desired import Item
from deployer.memory import is_unchanged, noted, remembered, seen_again

KEY = b"k" * 32
ITEM = Item({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}, "shipline")


def meta(**fields):
    return {"uid": "u", "resourceVersion": "5", "generation": 2, "labels": {"a": "1"}, **fields}


def known(**fields):
    return remembered(ITEM, meta(**fields), KEY, adopted=False)


@pytest.mark.parametrize(
    ("now", "unchanged"),
    [
        ({}, True),
        ({"resourceVersion": "6"}, True),
        ({"resourceVersion": "6", "generation": 3}, False),
        ({"resourceVersion": "6", "labels": {"a": "2"}}, False),
        ({"resourceVersion": "6", "annotations": {"x/y": "1"}}, False),
        ({"resourceVersion": "6", "annotations": {"deployment.kubernetes.io/revision": "2"}}, True),
        ({"resourceVersion": "6", "generation": None}, False),
        ({"uid": "another"}, False),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False),
    ],
)
def test_an_object_is_unchanged_when_its_version_says_so_or_generation_and_notes_do(now, unchanged):
    assert is_unchanged(ITEM, known(), meta(**now), KEY) is unchanged


def test_without_a_generation_only_the_version_counts():
    assert is_unchanged(ITEM, known(generation=None), meta(generation=None), KEY)
    assert not is_unchanged(ITEM, known(generation=None), meta(generation=None, resourceVersion="6"), KEY)


def test_other_content_is_a_change_and_nothing_remembered_is_no_knowledge():
    assert not is_unchanged(ITEM, known()._replace(content="0" * 32), meta(), KEY)
    assert not is_unchanged(ITEM, known()._replace(content=""), meta(), KEY)


def test_what_did_not_move_stays_the_same_member():
    member = known()
    assert seen_again(ITEM, member, meta()) is member
    assert seen_again(ITEM, member, meta(resourceVersion="6")).resource_version == "6"


def test_notes_say_nothing_to_whoever_lacks_the_key():
    assert noted(meta(), KEY) != noted(meta(), b"x" * 32)
