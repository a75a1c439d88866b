"""Lambda's Runtime API as a runtime meets it."""

import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from local.functions.runtime_api import Event, RuntimeApi

EVENT = Event("request-1", "arn:aws:lambda:us-east-1:1:function:f", b'{"a": 1}', 3)


def ask(api: RuntimeApi, path: str, body: bytes | None = None) -> Any:
    return urllib.request.urlopen(f"http://{api.address}/2018-06-01/runtime/{path}", body)


def test_the_event_is_given_with_its_id_and_deadline() -> None:
    with RuntimeApi(EVENT) as api, ask(api, "invocation/next") as answer:
        assert json.loads(answer.read()) == {"a": 1}
        assert answer.headers["Lambda-Runtime-Aws-Request-Id"] == "request-1"
        left = int(answer.headers["Lambda-Runtime-Deadline-Ms"]) - time.time() * 1000
        assert 2000 < left <= 3000
        assert api.exchange.taken is not None


@pytest.mark.parametrize(("path", "failed"), [("response", False), ("error", True)])
def test_the_answer_counts_when_the_runtime_asks_for_more(path: str, failed: bool) -> None:
    with RuntimeApi(EVENT) as api:
        ask(api, "invocation/next").close()
        ask(api, f"invocation/request-1/{path}", b'"answer"').close()
        assert (api.exchange.answer, api.exchange.failed, api.exchange.done) == (b'"answer"', failed, False)
        more = threading.Thread(target=_ask_in_vain, args=(api,))
        more.start()
        deadline = time.monotonic() + 5
        while not api.exchange.done and time.monotonic() < deadline:
            time.sleep(0.01)
        assert api.exchange.done
    more.join(5)
    assert not more.is_alive(), "a runtime that waits is let go at the end"


def _ask_in_vain(api: RuntimeApi) -> None:
    try:
        ask(api, "invocation/next").close()
    except OSError:
        return


def test_a_runtime_that_cannot_start_is_done_at_once() -> None:
    with RuntimeApi(EVENT) as api:
        ask(api, "init/error", b'{"errorType": "Runtime.ImportModuleError"}').close()
        assert api.exchange.done
        assert api.exchange.failed


def test_another_requests_answer_is_not_taken() -> None:
    with RuntimeApi(EVENT) as api:
        with pytest.raises(urllib.error.HTTPError) as raised:
            ask(api, "invocation/request-2/response", b"1")
        raised.value.close()
        assert raised.value.code == 404
        assert api.exchange.answer is None
