import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import web

SERVICE = Path(web.__file__)


class StandInApi(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers["Authorization"] == "Bearer secret"
        body = json.dumps({"item": "tea"} if known else {"error": "who are you?"}).encode()
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Run any number of servers on free ports until the test ends; gives each one's URL."""
    running = []

    def run(server):
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield run
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def api_url(serve):
    return serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandInApi))


def settings(api_url, token="secret"):
    return web.Settings(api_url=api_url, api_token=token, environment="test", greeting="Hello")


def test_front_page_carries_the_offer_of_the_api(api_url):
    status, body = web.page(settings(api_url))
    assert status == 200
    assert body == {
        "service": "web",
        "version": web.VERSION,
        "environment": "test",
        "greeting": "Hello",
        "api": {"item": "tea"},
    }


def test_front_page_says_502_when_the_api_refuses(api_url):
    status, body = web.page(settings(api_url, token="wrong"))
    assert status == 502
    assert "401" in body["error"]


def test_front_page_says_502_when_nobody_answers():
    status, body = web.page(settings("http://127.0.0.1:9"))
    assert status == 502
    assert "127.0.0.1:9" in body["error"]


def test_server_answers_health_page_and_unknown_paths(serve, api_url):
    url = serve(web.create_server(settings(api_url), 0))
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(url) as answer:
        assert json.load(answer)["service"] == "web"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/nothing")
    assert refused.value.code == 404
    refused.value.close()


def test_settings_come_from_the_environment():
    read = web.Settings.read({"ENVIRONMENT": "dev", "API_TOKEN": "t", "GREETING": "Hi", "API_URL": "http://x"})
    assert read == web.Settings(api_url="http://x", api_token="t", environment="dev", greeting="Hi")


def test_process_ends_on_sigterm_with_exit_code_0():
    process = subprocess.Popen(
        [sys.executable, "-u", str(SERVICE)], env={**os.environ, "PORT": "0"}, stdout=subprocess.PIPE, text=True
    )
    assert "serves port" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=5)
    assert process.returncode == 0
    assert output == "web stopped\n"
