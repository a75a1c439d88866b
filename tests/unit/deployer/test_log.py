"""One line an event, always valid JSON, and nothing in it that the redactor knows."""

import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.log import Log
from deployer.redact import MASK, Redactor

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


def written(secrets=(), /, **fields):
    redactor, stream = Redactor(), io.StringIO()
    redactor.learn(secrets)
    Log(redactor, stream, lambda: 1.5).event("said", **fields)
    return stream.getvalue()


def no_such_number(word):
    raise AssertionError(f"JSON has no {word}")


@settings(deadline=None)  # other tests run beside this one
@given(st.dictionaries(st.text(), VALUES, max_size=4), st.lists(st.text(min_size=4), max_size=3))
def test_whatever_is_told_is_one_line_of_json(fields, secrets):
    line = written(secrets, **fields)
    assert line.count("\n") == 1
    assert line.isascii()
    found = json.loads(line, parse_constant=no_such_number)
    assert (found["event"], found["time"]) == ("said", 1.5)


def test_a_secret_that_looks_like_json_leaves_json():
    assert json.loads(written(['", "', '": "', '"time"'], reason='say "hello", "x": "y"'))["event"] == "said"


def test_secrets_are_masked_inside_lists_and_under_names():
    line = written(["canary-1"], objects=["a canary-1", {"canary-1": ["canary-1"]}])
    assert json.loads(line)["objects"] == [f"a {MASK}", {MASK: [MASK]}]


def test_numbers_that_json_does_not_have_become_words():
    assert json.loads(written(seconds=float("nan"), most=float("inf")))["seconds"] == "nan"


def test_nobody_rewrites_what_and_when_it_was():
    found = json.loads(written(time=9, event="another"))
    assert (found["time"], found["event"]) == (1.5, "said")


def test_who_listens_hears_each_line_masked():
    redactor, heard = Redactor(), []
    redactor.learn(["canary-1"])
    log = Log(redactor, io.StringIO(), lambda: 1.5)
    log.also(heard.append).event("failed", reason="canary-1")
    log.event("not heard")
    assert heard == [{"time": 1.5, "event": "failed", "reason": MASK}]
