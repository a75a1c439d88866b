import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.kube.wire import LONGEST_HEAD, Answer, Garbled, headers, request, target

BODY = b'{"kind":"ConfigMapList","items":null}'


def plain(body, *more):
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *more, b"", body])


def chunked(body, size=7, *more):
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *more, b"", chunks + b"0\r\n\r\n"])


ANSWERS = {
    "length": plain(BODY),
    "chunked": chunked(BODY),
    "gzip": plain(gzip.compress(BODY), b"Content-Encoding: gzip"),
    "gzip in chunks": chunked(gzip.compress(BODY), 5, b"Content-Encoding: gzip"),
    "after an interim answer": b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" + plain(BODY),
}


@pytest.mark.parametrize("sent", ANSWERS.values(), ids=ANSWERS)
@given(cuts=st.lists(st.integers(1, 400), max_size=12))
def test_an_answer_is_the_same_however_it_is_cut(sent, cuts):
    answer, at, body = Answer(), 0, b""
    for cut in [*sorted(cuts), len(sent)]:
        if sent[at:cut]:
            assert not answer.done
            answer.feed(sent[at:cut])
            at = max(at, cut)
            body += answer.take()
    assert (answer.code, body, answer.done, answer.keep) == (200, BODY, True, True)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_answer_end_in_no_other_error(junk):
    answer = Answer()
    try:
        answer.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + junk)
        Answer().feed(junk)
    except Garbled:
        pass


@pytest.mark.parametrize(
    "junk",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 two\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        plain(BODY) + b"more",
        plain(b"no gzip", b"Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"x" * (LONGEST_HEAD + 1),
    ],
)
def test_what_is_no_answer_is_garbled(junk):
    with pytest.raises(Garbled):
        Answer().feed(junk)


@pytest.mark.parametrize("sent", [b"", ANSWERS["length"][:-1], ANSWERS["chunked"][:-3], b"HTTP/1.1 200"])
def test_an_answer_that_ends_too_early_is_garbled(sent):
    answer = Answer()
    if sent:
        answer.feed(sent)
    with pytest.raises(Garbled):
        answer.end()


def test_a_body_without_a_length_ends_with_the_connection():
    answer = Answer()
    answer.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    answer.feed(b"def")
    answer.end()
    assert (answer.take(), answer.done, answer.keep) == (b"abcdef", True, False)


@pytest.mark.parametrize(
    ("head", "keep"),
    [(b"HTTP/1.1 200 OK", True), (b"HTTP/1.1 200 OK\r\nConnection: close", False), (b"HTTP/1.0 200 OK", False)],
)
def test_a_connection_is_kept_unless_the_server_says_otherwise(head, keep):
    answer = Answer()
    answer.feed(head + b"\r\nContent-Length: 0\r\n\r\n")
    assert (answer.done, answer.keep) == (True, keep)


def test_no_content_has_no_body():
    answer = Answer()
    answer.feed(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert (answer.done, answer.take()) == (True, b"")


def test_a_header_is_found_by_its_whole_name():
    answer = Answer()
    answer.feed(b"HTTP/1.1 429 Too Many\r\nX-Retry-After: 9\r\nRetry-After:  3 \r\nContent-Length: 0\r\n\r\n")
    assert (answer.header("retry-after"), answer.header("date")) == ("3", "")


def test_a_request_is_its_line_its_headers_and_its_body():
    sent = request("PATCH", target("/x", {"b": "2 3", "a": "1"}), headers({"Host": "h:1"}), b"{}")
    assert sent == b"PATCH /x?a=1&b=2+3 HTTP/1.1\r\nHost: h:1\r\nContent-Length: 2\r\n\r\n{}"
    assert request("GET", "/x", b"") == b"GET /x HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("value", ["token\r\nX: y", "tok\nen", "tokén"])
def test_a_header_that_would_begin_another_is_refused_without_its_value(value):
    with pytest.raises(ValueError, match="Authorization") as refused:
        headers({"Authorization": value})
    assert "tok" not in str(refused.value)
