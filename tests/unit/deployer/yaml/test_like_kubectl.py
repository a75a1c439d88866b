"""The reader beside the real kubectl, which asks no server here; `python -m bench.fuzz_yaml` reads many more files."""

import json

import pytest

from bench.fuzz_documents import Documents
from bench.fuzz_kubectl import differences, many, one
from bench.fuzz_yaml import BATCH, kubectl
from deployer.errors import Fatal
from deployer.render.documents import objects
from tests.fuzz.scalars import FORMS, TABLE

FILES = 6000
HEAD = "apiVersion: v1\nkind: A\nmetadata: {name: a}\nzz: "


def test_the_table_of_scalars_is_what_kubectl_answers():
    table = json.loads(TABLE.read_text())
    assert tuple(row["text"] for row in table) == FORMS
    answers = many(kubectl(), [f"{HEAD}{text}\n" for text in FORMS])
    found = [None if answer is None else answer[0]["zz"] for answer in answers]
    assert found == [None if row["kubectl"] is None else json.loads(row["kubectl"]) for row in table]


def test_random_files_mean_what_kubectl_reads():
    source = Documents(20261)
    for _ in range(FILES // BATCH):
        assert [str(found) for found in differences(kubectl(), [source.file() for _ in range(BATCH)])] == []


def thing(name, indent=""):
    return f"apiVersion: v1\n{indent}kind: ConfigMap\n{indent}metadata: {{name: {name}}}\n"


FLOWS = {
    "a List is taken apart where it stands": (
        f"{thing('a')}---\napiVersion: v1\nkind: List\nitems:\n- {thing('b', '  ')}- {thing('c', '  ')}"
        f"---\n{thing('d')}"
    ),
    "a typed list": f"apiVersion: v1\nkind: ConfigMapList\nitems:\n- {thing('b', '  ')}- {thing('a', '  ')}",
    "items of a typed list without a kind": (
        "apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: b}}, {metadata: {name: a}}]\n"
    ),
    "items make any kind a list": f"apiVersion: v1\nkind: Widget\nitems:\n- {thing('a', '  ')}",
    "a List in a List": (
        f"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {thing('a', '    ')}"
    ),
    "an empty List": "apiVersion: v1\nkind: List\nitems: []\n",
    "a List of nothing": "apiVersion: v1\nkind: List\nitems:\n",
    "items that are no list": "apiVersion: v1\nkind: List\nitems: {a: 1}\n",
    "an item that is no object": "apiVersion: v1\nkind: List\nitems: [1]\n",
    "empty documents": f"---\n---\n\n---\n# nothing\n---\n{thing('a')}---\n---\n",
    "comments only": "# one\n# two\n",
    "nothing": "",
    "null": "~\n---\nnull\n",
    "a scalar": "just text\n",
    "a list": "- a\n",
    "JSON objects one behind the other": json.dumps({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a"}}) * 3,
    "text behind the separator": f"{thing('a')}--- # fine\n{thing('b')}--- not fine\n{thing('c')}",
    "text behind the document's end": f"{thing('a')}...\n{thing('b')}",
    "a directive": f"%YAML 1.1\n---\n{thing('a')}",
}


@pytest.mark.parametrize("text", FLOWS.values(), ids=FLOWS)
def test_a_file_holds_the_objects_that_kubectl_takes_from_it(text):
    theirs, _ = one(kubectl(), text)
    try:
        ours = objects(text, "f")
    except Fatal:
        ours = None
    assert named(ours) == named(theirs)


def named(found):
    return found and [(item["kind"], item["apiVersion"], item["metadata"]["name"]) for item in found]
