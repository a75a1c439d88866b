import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest
import web

Get = Callable[[str], str]


@pytest.fixture
def get() -> Iterator[Get]:
    def answered(path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    with ThreadingHTTPServer(("127.0.0.1", 0), web.Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield answered
        server.shutdown()


def test_there_is_a_quote(get: Get) -> None:
    assert "make it right" in get("/")


def test_the_revision_is_told(get: Get) -> None:
    assert get("/revision") == "unknown\n"


def test_what_is_not_there_is_not_found(get: Get) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        get("/nowhere")
    caught.value.close()
