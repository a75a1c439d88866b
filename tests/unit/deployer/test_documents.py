"""Text -> documents: where one ends, and what is said of the wrong ones."""

import pytest

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.inventory import Member
from deployer.memo import Memo
from deployer.render.documents import objects, split

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\n"


JSON = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}}'


def config(name):
    return CONFIG.format(name)


def names(text):
    return [[item["metadata"]["name"] for item in document.objects()] for document in split(text, "f.yaml")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{config('a')}---\n{config('b')}", [["a"], ["b"]]),
        (f"---\n{config('a')}--- # comment\n{config('b')}---\n", [["a"], ["b"]]),
        (f"\ufeff---\r\n{config('a')}---\r\n{config('b')}", [["a"], ["b"]]),
        (f"{config('a')}data:\n  v: |\n    ---\n    x\n", [["a"]]),
        (f"{config('a')}...\n---\n{config('b')}", [["a"], ["b"]]),
        (f"{JSON}\n{JSON}", [["j"], ["j"]]),
        (f"{config('a')}---\n{JSON}", [["a"], ["j"]]),
        ("# only a comment\n", [[]]),
        ("", []),
    ],
)
def test_a_document_ends_where_kubectl_says_so(text, found):
    assert names(text) == found


def test_an_error_names_the_line_of_the_file_and_not_of_the_document():
    documents = split(f"{config('a')}---\n{config('b')}data: {{a: 1, a: 2}}\n", "f.yaml")
    documents[0].objects()
    with pytest.raises(Fatal, match=r"f\.yaml:8"):
        documents[1].objects()


def test_a_document_is_checked_when_it_is_read_and_read_once():
    document, seen = split(config("a"), "f.yaml")[0], []
    document.checked(lambda found: seen.append(len(list(found))))
    document.objects()
    document.objects()
    assert seen == [1]


WEB = Image("web", "reg.example.com/shop/web", "t", "sha256:" + "a" * 64)
KEY = b"k" * 32


def memo(*members, image=WEB, where=("ns", "label")):
    return Memo(KEY, members, {"web": image}, where)


def test_what_decides_what_becomes_of_a_document_is_part_of_its_name():
    moved = Image("web", WEB.repository, "t", "sha256:" + "b" * 64)
    text, plain = "image: reg.example.com/shop/web:1", "kind: ConfigMap"
    assert memo().raw(plain, "manifests") == memo(image=moved).raw(plain, "manifests")
    assert memo().raw(text, "manifests") != memo(image=moved).raw(text, "manifests")
    assert memo().raw('"im\\x61ge": x', "manifests") != memo(image=moved).raw('"im\\x61ge": x', "manifests")
    assert memo().raw(plain, "manifests") != memo().raw(plain, "helm")
    assert memo().raw(plain, "manifests") != memo(where=("other", "label")).raw(plain, "manifests")


def test_a_document_is_known_only_with_the_content_of_its_object():
    raw = memo().raw("text", "manifests")
    member = Member("", "v1", "ConfigMap", "ns", "a", "u", raw=raw, content="c")
    assert memo(member).known(raw) == member
    assert memo(member._replace(content="")).known(raw) is None


def test_each_document_reads_by_itself_as_it_does_in_its_file():
    flow = "{apiVersion: v1, kind: ConfigMap, metadata: {name: f}, data: {a: '1'}}"
    text = f"{config('a')}---\n{flow}\n---\n{JSON}\n"
    alone = [item for document in split(text, "f") for item in split(document.text, "f")[0].objects()]
    assert alone == objects(text, "f")
