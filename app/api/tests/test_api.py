import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import api
import pytest

SERVICE = Path(api.__file__)
SETTINGS = api.Settings(token="secret", environment="test", currency="CHF")


@pytest.fixture
def url():
    server = api.create_server(SETTINGS, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("cents", "said"), [(1890, "18.90 EUR"), (5, "0.05 EUR"), (100, "1.00 EUR")])
def test_price_has_two_decimals(cents, said):
    assert api.price(cents, "EUR") == said


def test_offer_is_given_to_who_brings_the_token():
    status, body = api.offer(SETTINGS, "Bearer secret")
    assert status == 200
    assert body["environment"] == "test"
    assert body["price"].endswith(" CHF")


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "secret"])
def test_offer_is_refused_without_the_token(header):
    assert api.offer(SETTINGS, header)[0] == 401


def test_an_empty_token_lets_nobody_in():
    assert api.offer(api.Settings(token="", environment="test", currency="EUR"), "Bearer ")[0] == 401


def test_settings_refuse_a_missing_token():
    with pytest.raises(KeyError, match="API_TOKEN"):
        api.Settings.read({})


def test_server_answers_health_offer_and_unknown_paths(url):
    with urllib.request.urlopen(f"{url}/healthz") as answer:
        assert json.load(answer) == {"status": "ok"}
    request = urllib.request.Request(f"{url}/offer", headers={"Authorization": "Bearer secret"})
    with urllib.request.urlopen(request) as answer:
        assert json.load(answer)["service"] == "api"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{url}/nothing")
    assert refused.value.code == 404
    refused.value.close()


def test_process_ends_on_sigterm_with_exit_code_0():
    process = subprocess.Popen(
        [sys.executable, "-u", str(SERVICE)],
        env={**os.environ, "PORT": "0", "API_TOKEN": "t"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "serves port" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=5)
    assert process.returncode == 0
    assert output == "api stopped\n"
