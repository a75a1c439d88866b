import json
from pathlib import Path

import pytest

from deployer.errors import Fatal
from deployer.yaml.reader import read

SCALARS = json.loads((Path(__file__).parent / "scalars.json").read_text())


@pytest.mark.parametrize("case", SCALARS, ids=[case["text"] for case in SCALARS])
def test_a_scalar_means_what_kubectl_reads(case):
    text = f"zz: {case['text']}\n"
    if case["kubectl"] is None:
        with pytest.raises(Fatal):
            read(text, "f.yaml")
        return
    value = read(text, "f.yaml")[0].value["zz"]
    expected = json.loads(case["kubectl"])
    big = isinstance(value, float) and abs(value) > 2**53  # one JSON number, written with or without an exponent
    assert value == (float(expected) if big else expected)
    assert isinstance(value, bool) == isinstance(expected, bool)
    assert isinstance(value, str) == isinstance(expected, str)


def test_keys_are_the_strings_that_json_makes_of_them():
    assert read("y: 1\n2: 2\n1.5: 3\n", "f")[0].value == {"true": 1, "2": 2, "1.5": 3}


def test_a_duplicate_key_is_refused_with_both_lines():
    with pytest.raises(Fatal, match="lines 2 and 4") as caught:
        read("a:\n  b: 1\n  c: 2\n  b: 3\n", "f.yaml")
    assert caught.value.subject == "f.yaml:4:3"


def test_documents_come_with_their_lines_and_empty_ones_do_not():
    documents = read("# nothing\n---\na: 1\n---\n---\nb: 2\n", "f")
    assert [(d.value, d.line) for d in documents] == [({"a": 1}, 3), ({"b": 2}, 6)]


def test_merge_keys_fill_in_what_is_not_there():
    text = "base: &b {x: 1, y2: 2}\nuse:\n  <<: *b\n  x: 9\nmany: {<<: [{q: 1}, {q: 2, r: 3}]}\n"
    value = read(text, "f")[0].value
    assert value["use"] == {"x": 9, "y2": 2}
    assert value["many"] == {"q": 1, "r": 3}


def test_an_alias_bomb_is_refused_quickly():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Fatal, match="aliases"):
        read("\n".join(lines), "bomb.yaml")


def test_deep_nesting_is_refused():
    with pytest.raises(Fatal, match="nested"):
        read("[" * 300 + "]" * 300, "deep.yaml")


def test_a_syntax_error_names_file_line_and_column():
    with pytest.raises(Fatal, match="not YAML") as caught:
        read("a: 1\nb: [1, 2\nc: 3\n", "bad.yaml")
    assert caught.value.subject.startswith("bad.yaml:3")


def test_a_byte_order_mark_and_carriage_returns_are_read_over():
    assert read("\ufeffa: 1\r\nb: x\r\n", "f")[0].value == {"a": 1, "b": "x"}
