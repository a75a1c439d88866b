"""Asks a released shop, in the namespace that SHIPLINE_NAMESPACE names, for its front page.

The way goes through the Kubernetes API server's proxy: no ingress, no port-forward, the same on every cluster.
"""

import json
import os
import subprocess
import time

SECONDS = 20  # for a Service whose endpoints are still being switched over


def fetch(path: str) -> str:
    """The web service's answer; the last error, when there was none in time."""
    address = f"/api/v1/namespaces/{os.environ['SHIPLINE_NAMESPACE']}/services/web:http/proxy{path}"
    deadline = time.monotonic() + SECONDS
    while True:
        asked = subprocess.run(
            ["kubectl", "get", "--raw", address], capture_output=True, text=True, timeout=30, check=False
        )
        if asked.returncode == 0:
            return asked.stdout
        if time.monotonic() > deadline:
            raise AssertionError(f"{address}: {asked.stderr.strip()}")
        time.sleep(0.5)


def test_web_is_healthy():
    assert json.loads(fetch("/healthz")) == {"status": "ok"}


def test_front_page_shows_the_offer_of_this_environment():
    page = json.loads(fetch("/"))
    assert page["service"] == "web"
    assert page["api"]["service"] == "api"
    assert page["api"]["environment"] == page["environment"]
    assert page["api"]["price"]
