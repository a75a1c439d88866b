import json

from hypothesis import given
from hypothesis import strategies as st

from deployer.kube.metadata import lean

TEXT = st.text(max_size=12) | st.sampled_from(
    ['"managedFields":[', "]}]", "\\", '\\"', ',"managedFields":[]', "k:{[", "é"]
)
FIELDS = st.recursive(st.just({}), lambda inner: st.dictionaries(TEXT, inner, max_size=3), max_leaves=8)
ENTRIES = st.lists(st.fixed_dictionaries({"manager": TEXT, "time": TEXT, "fieldsV1": FIELDS}), max_size=3)
METADATA = st.fixed_dictionaries({"name": TEXT, "generation": st.integers(), "labels": st.dictionaries(TEXT, TEXT)})


def encoded(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.lists(st.tuples(METADATA, ENTRIES, st.dictionaries(TEXT, TEXT)), max_size=4))
def test_managed_fields_are_left_out_and_nothing_else(objects):
    bare = [{"metadata": {**metadata, "annotations": notes}} for metadata, _, notes in objects]
    full = [
        {"metadata": {**metadata, "managedFields": fields, "annotations": notes}} for metadata, fields, notes in objects
    ]
    assert json.loads(lean(encoded({"items": full}))) == {"items": bare}


def test_an_array_that_is_none_of_theirs_stays():
    strange = encoded({"metadata": {"name": "a", "managedFields": [{"fieldsV1": {"f:a": ["b"]}}]}})
    assert lean(strange) == strange


def test_a_list_of_nothing_stays_as_it_is():
    assert lean(b'{"items":null}') == b'{"items":null}'
