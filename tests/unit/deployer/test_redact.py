import base64
import io
import json
import re
from urllib.parse import quote, quote_plus

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
        base64.b64encode(VALUE.encode() + b"xyz").decode(),
        base64.urlsafe_b64encode(b"\xff" + VALUE.encode() + b"\xff").decode(),
        base64.encodebytes(VALUE.encode()).decode().strip(),
        quote(VALUE),
        quote_plus(VALUE),
        quote(VALUE, safe="").lower(),
        json.dumps(VALUE, ensure_ascii=False),
        json.dumps(json.dumps(VALUE, ensure_ascii=False)),
        VALUE.encode().hex(),
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


def test_go_escapes_what_html_reads_and_is_masked_all_the_same():
    redactor = Redactor()
    redactor.learn(["pass&word<1>"])
    assert redactor.mask(r'{"said": "pass\u0026word\u003c1\u003e"}') == f'{{"said": "{MASK}"}}'


def test_wrapped_base64_is_masked_line_by_line():
    redactor = Redactor()
    redactor.learn(["k" * 200])
    for line in base64.encodebytes(b"k" * 200).decode().splitlines():
        assert redactor.mask(line) in (MASK, MASK + "=", MASK + "==")


def test_what_a_secret_document_holds_is_a_secret_by_itself():
    redactor = Redactor()
    config = {"auths": {"registry": {"username": "admin", "auth": "YWRtaW46aHVudGVyMg=="}}, "list": ["correct horse"]}
    redactor.learn([json.dumps(config), "postgres://shop:hunter2@db/shop"])
    assert redactor.mask("YWRtaW46aHVudGVyMg== correct horse hunter2") == f"{MASK} {MASK} {MASK}"
    assert redactor.mask("admin") == "admin"


def test_secrets_that_overlap_leave_nothing_of_each_other():
    redactor = Redactor()
    redactor.learn(["abcd1234", "1234wxyz"])
    assert redactor.mask("abcd1234wxyz, 1234wxyz") == f"{MASK}, {MASK}"


@pytest.mark.parametrize("text", ["so canary-12", "-12345 so", "canary-12345", "y-12345 and canary-1"])
def test_what_is_left_of_a_secret_at_the_edge_of_a_cut_text_is_masked(text):
    redactor = Redactor()
    redactor.learn(["canary-12345"])
    assert "1" not in redactor.mask_cut(text)
    assert "canary" not in redactor.mask_cut(text)


def test_nothing_is_masked_that_is_no_secret():
    redactor = Redactor()
    redactor.learn(["canary-12345"])
    for text in ("can", "a canary", "12345", "nary-12345 was here", ""):
        assert redactor.mask(text) == text


@pytest.mark.parametrize("count", [1, 2_000])
def test_many_secrets_are_masked_as_few_are(count):
    redactor = Redactor()
    redactor.learn(f"secret-number-{number:05}" for number in range(count))
    last = f"secret-number-{count - 1:05}"
    assert redactor.mask(f"{last} and {last}{last}, secret-number-x") == f"{MASK} and {MASK}, secret-number-x"


@pytest.mark.parametrize("secret", ['hun"ter\\2é', "tr0ub4\\d'or<3", "line\nbreak\tand tab"])
def test_quotes_within_quotes_hide_no_secret(secret):
    redactor = Redactor()
    redactor.learn([secret])
    inner = [json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret), ascii(secret)]
    for text in [
        *inner,
        *map(json.dumps, inner),
        *map(repr, inner),
        *(json.dumps({"log": json.dumps(each)}) for each in inner),
    ]:
        assert re.sub(r"[^*]", "", redactor.mask(text)) == MASK, text
        assert len(redactor.mask(text)) < len(MASK) + 24, redactor.mask(text)
