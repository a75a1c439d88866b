"""No secret comes through, wherever it stands and however it is written; and what is equal still looks equal."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.diff import document, of_plan, summary, text, unified
from deployer.diff.cover import Cover
from deployer.redact import Redactor
from tests.unit.deployer.diff.objects import changed, config_map, created, deployment, plan, secret

CANARY, OTHER = 'canary-"7f/+é-value', "other-canary-0815"


def forms(value: str) -> set[str]:
    raw = value.encode()
    found = {value, json.dumps(value)[1:-1], quote(value, safe="")}
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        found.add(text[4 if offset else 0 : -2])
    return found


def everything(*steps, known=()):
    """All that is ever written of a plan."""
    redactor = Redactor()
    redactor.learn(known)
    diffs = of_plan(plan(*steps), redactor)
    parts = [text(diffs), text(diffs, 80, full=True), summary(diffs), unified(diffs), repr(diffs)]
    return "\n".join([*parts, json.dumps(document(diffs, full=True), ensure_ascii=False)])


def clean(said: str, *values: str) -> bool:
    return not any(form in said for value in values for form in forms(value))


def custom(kind, spec, **meta):
    return {"apiVersion": "x.example/v1", "kind": kind, "metadata": {"name": "n", **meta}, "spec": spec}


def annotated(name, value):
    found = deployment()
    found["metadata"]["annotations"] = {name: value}
    return found


APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
PLACES = {
    "data": lambda v: secret(password=v),
    "stringData": lambda v: {**secret(), "stringData": {"password": v}},
    "last-applied": lambda v: annotated(APPLIED, json.dumps({"kind": "Secret", "stringData": {"p": v}})),
    "last-applied in base64": lambda v: annotated(APPLIED, json.dumps(secret(p=v))),
    "kapp's copy": lambda v: annotated("kapp.k14s.io/original", json.dumps(secret(p=v))),
    "env by its name": lambda v: deployment(env=[{"name": "DB_PASSWORD", "value": v}]),
    "sealed": lambda v: custom("SealedSecret", {"encryptedData": {"a": v}}),
    "sealed template": lambda v: custom("SealedSecret", {"template": {"data": {"a": f"x={v}"}}}),
    "external template": lambda v: custom("ExternalSecret", {"target": {"template": {"data": {"a": f"p: {v}"}}}}),
    "embedded": lambda v: custom("Work", {"manifests": [secret(p=v)]}),
    "manifest in a text": lambda v: config_map(m=f"kind: Secret\nstringData:\n  p: {v}\n"),
    "named field": lambda v: custom("Database", {"auth": {"password": v}}),
    "binary": lambda v: {**config_map(), "binaryData": {"k": base64.b64encode(v.encode()).decode()}},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_shows_in_no_output_and_its_change_does(place):
    put = PLACES[place]
    said = everything(changed(put(CANARY), put(OTHER)))
    assert clean(said, CANARY, OTHER)
    assert "→" in said
    assert clean(everything(created(put(CANARY))), CANARY)
    before, after = Cover(Redactor()), Cover(Redactor())
    assert before.object(put(CANARY)) == before.object(put(CANARY))
    assert before.object(put(CANARY)) != before.object(put(OTHER))
    assert before.object(put(CANARY)) != after.object(put(CANARY))  # one run's hashes say nothing to another


KNOWN = {
    "env": lambda v: deployment(env=[{"name": "PLAIN", "value": v}]),
    "inside a text": lambda v: config_map(url=f"postgres://shop:{v}@db/x and more"),
    "a line of many": lambda v: config_map(conf=f"one: 1\ntwo: {v}\nthree: 3\n"),
    "base64 inside": lambda v: config_map(auth="Basic " + base64.b64encode(f"me:{v}".encode()).decode()),
    "address": lambda v: config_map(url=quote(v, safe="")),
    "json": lambda v: config_map(doc=json.dumps({"z": 1, "a": v})),
    "key": lambda v: config_map(**{v: "x"}),
    "args": lambda v: deployment(args=["--set", v]),
    "entry of a list": lambda v: deployment(env=[{"name": v, "value": "x"}]),
}


@pytest.mark.parametrize("place", KNOWN)
def test_what_the_redactor_knows_shows_nowhere(place):
    put = KNOWN[place]
    assert clean(everything(changed(put(CANARY), put(OTHER)), known=[CANARY, OTHER]), CANARY, OTHER)
    assert clean(everything(created(put(CANARY)), known=[CANARY]), CANARY)


def test_the_values_of_live_secrets_are_known_before_anything_is_told():
    steps = (changed(deployment(args=[CANARY]), deployment(args=[OTHER])), changed(secret(p=CANARY), secret(p=OTHER)))
    assert clean(everything(*steps), CANARY, OTHER)


@settings(deadline=None)  # other tests run beside this one
@given(st.text(min_size=6, max_size=40).filter(str.strip), st.sampled_from(sorted(PLACES)))
def test_no_value_whatever_it_is_comes_through(value, place):
    secretive = f"c4n4ry{value}c4n4ry"
    said = everything(changed(PLACES[place](secretive), PLACES[place](OTHER)))
    assert "c4n4ry" not in said
    assert clean(said, secretive)


@pytest.mark.parametrize(
    "line",
    [
        "postgres://shop:hunter2222@db/x",
        "password=hunter2222",
        'api_key: "hunter2222"',
        "--token=hunter2222",
        "ACCESS-KEY = hunter2222",
    ],
)
def test_a_password_is_told_by_what_is_around_it(line):
    said = everything(changed(config_map(a="1\n2\n"), config_map(a=f"1\n{line}\n2\n")))
    assert "hunter2222" not in said


def test_the_rest_of_a_text_with_a_secret_is_still_compared():
    before, after = (config_map(conf=f"password={CANARY}\nsize={size}\n") for size in (1, 2))
    said = everything(changed(before, after), known=[CANARY])
    assert "-size=1" in said
    assert "+size=2" in said
    assert clean(said, CANARY)


def test_references_to_secrets_are_no_secrets():
    reference = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    moved = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db2", "key": "password"}}}
    said = everything(changed(deployment(env=[reference]), deployment(env=[moved])))
    assert "env[PASSWORD].valueFrom.secretKeyRef.name: db → db2" in said
