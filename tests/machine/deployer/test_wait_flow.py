"""Health as a release meets it: what it logs while it waits, and what it says when it gives up."""

import base64
import json
from urllib.parse import quote

import pytest

from deployer.outcome import Failed, Succeeded
from tests.support.delivery import deployment

CANARY = 'canary-"7f3a/+&<é'


def events(place, name):
    return [line for line in map(json.loads, place.logged.getvalue().splitlines()) if line["event"] == name]


def secret():
    data = {"password": base64.b64encode(CANARY.encode()).decode()}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "database"}, "data": data})


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        base64.b64encode(CANARY.encode()).decode(),
        quote(CANARY, safe=""),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c"),
        CANARY[:-3],
    ],
    ids=["raw", "base64", "url", "json", "go json", "cut"],
)
def test_last_message_of_a_container_is_told_without_the_releases_secrets(place, form):
    dev = place()
    web = json.loads(deployment(pod="crash"))
    web["spec"]["template"]["metadata"]["annotations"]["test/said"] = form
    outcome = dev.release({"manifests/web.yaml": json.dumps(web), "manifests/secret.yaml": secret()})
    assert isinstance(outcome, Failed)
    assert "CrashLoopBackOff: exit code 3, " in outcome.message
    assert "********" in outcome.message
    for text in (outcome.message, dev.logged.getvalue(), str(dev.record("0000000001"))):
        assert form[1:-1] not in text
        assert "canary" not in text


def test_long_wait_is_told_in_a_few_lines(place):
    dev = place()
    outcome = dev.release({f"manifests/{n}.yaml": deployment(f"web-{n}", pod=str(1 + n * 0.3)) for n in range(10)})
    assert isinstance(outcome, Succeeded), outcome
    told = [line["state"] for line in events(dev, "waiting")]
    assert 2 <= len(told) <= 8, told
    assert len(set(told)) == len(told)


def test_what_is_no_longer_waited_for_is_noted(place):
    dev = place()
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": claim}
    assert isinstance(dev.release({"manifests/claim.yaml": json.dumps(body)}), Succeeded)
    (line,) = events(dev, "noted")
    assert line["objects"] == ["PersistentVolumeClaim data: not bound yet"]
