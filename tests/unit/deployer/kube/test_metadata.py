import json

from hypothesis import given
from hypothesis import strategies as st

from deployer.kube.metadata import ManagedFields, read

TEXT = st.text(max_size=12) | st.sampled_from(
    ['"managedFields":[', "]}]", "\\", '\\"', ',"managedFields":[]', "k:{[", "é"]
)
FIELDS = st.recursive(st.just({}), lambda inner: st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)
ENTRIES = st.lists(st.fixed_dictionaries({"manager": TEXT, "time": TEXT, "fieldsV1": FIELDS}), max_size=3)
METADATA = st.fixed_dictionaries({"name": TEXT, "generation": st.integers(), "labels": st.dictionaries(TEXT, TEXT)})


def encoded(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.lists(st.tuples(METADATA, ENTRIES, st.dictionaries(TEXT, TEXT)), max_size=4))
def test_metadata_is_read_as_json_reads_it(objects):
    items = [
        {"metadata": {**metadata, "managedFields": fields, "annotations": notes}} for metadata, fields, notes in objects
    ]
    found = read(encoded({"items": items}))
    assert all(isinstance(item["metadata"]["managedFields"], ManagedFields) for item in found["items"])
    assert found == {"items": items}


def test_managed_fields_are_a_list():
    fields = read(encoded({"metadata": {"name": "a", "managedFields": [{"manager": "a"}, {"manager": "b"}]}}))
    found = fields["metadata"]["managedFields"]
    assert [each["manager"] for each in found] == ["a", "b"]
    assert (len(found), found[1], found[:1]) == (2, {"manager": "b"}, [{"manager": "a"}])
    assert found == [{"manager": "a"}, {"manager": "b"}]
    assert found != [{"manager": "a"}]
    assert repr(found) == "[{'manager': 'a'}, {'manager': 'b'}]"


def test_an_array_that_is_none_of_theirs_is_read_at_once():
    strange = {"metadata": {"name": "a", "managedFields": [{"fieldsV1": {"f:a": ["b"]}}]}}
    assert type(read(encoded(strange))["metadata"]["managedFields"]) is list
    assert read(encoded(strange)) == strange


def test_a_list_of_nothing_stays_as_it_is():
    assert read(b'{"items":null}') == {"items": None}
