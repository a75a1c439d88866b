import base64
import io
import json
from urllib.parse import quote

import pytest

from deployer.log import Log
from deployer.redact import MASK, Redactor

VALUE = 'canary/"value"+ é'


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        json.dumps(VALUE),
        quote(VALUE, safe=""),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(b"x" + VALUE.encode() + b"yz").decode(),
        base64.b64encode(b"xy" + VALUE.encode() + b"z").decode(),
        base64.b64encode(b"xyz" + VALUE.encode()).decode(),
    ],
)
def test_a_secret_is_masked_in_every_form_that_quotes_it(text):
    redactor = Redactor()
    redactor.learn([VALUE])
    masked = redactor.mask(f"before {text} after")
    assert MASK in masked
    assert "canary" not in masked
    assert "Y2FuYXJ5" not in masked
    assert text[4:-4] not in masked


def test_the_values_of_secrets_are_learned_from_objects():
    redactor = Redactor()
    data = {"a": base64.b64encode(b"from-data").decode()}
    redactor.learn_objects([{"apiVersion": "v1", "kind": "Secret", "data": data, "stringData": {"b": "from-string"}}])
    assert redactor.mask("from-data from-string") == f"{MASK} {MASK}"


def test_each_line_of_a_secret_is_masked():
    redactor = Redactor()
    redactor.learn(["-----BEGIN-----\nabcdefgh\n-----END-----"])
    assert "abcdefgh" not in redactor.mask("line abcdefgh of a key")


def test_control_characters_do_not_reach_people():
    assert Redactor().clean("a\x1b[31mb\x00c\nd") == "a[31mbc\nd"


def test_a_log_event_is_one_line_and_masked():
    redactor, stream = Redactor(), io.StringIO()
    redactor.learn(["top-secret"])
    Log(redactor, stream, lambda: 1.0).event("failed", reason="said top-secret\nand more")
    assert stream.getvalue() == '{"time": 1.0, "event": "failed", "reason": "said ********\\nand more"}\n'
