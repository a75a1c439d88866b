"""What of an object is taken for a secret, and what is not."""

import base64
import json

import pytest

from deployer.hidden import LAST_APPLIED, hidden_values, may_tell
from deployer.redact import Redactor


def variable(name, value):
    return {"kind": "Pod", "spec": {"containers": [{"name": "a", "env": [{"name": name, "value": value}]}]}}


def copied(inner):
    return {"kind": "ConfigMap", "metadata": {"annotations": {LAST_APPLIED: json.dumps(inner)}}}


SECRET = {"apiVersion": "v1", "kind": "Secret", "stringData": {"p": "hunter2"}}


@pytest.mark.parametrize(
    "item",
    [
        SECRET,
        {**SECRET, "stringData": {"p": ["a", {"deep": "hunter2"}]}},
        {**SECRET, "stringData": ["hunter2"], "data": {"p": "é"}},
        {**SECRET, "stringData": {}, "data": {"p": base64.b64encode(b"hunter2").decode()}},
        {"apiVersion": "bitnami.com/v1", "kind": "SealedSecret", "spec": {"encryptedData": {"p": "hunter2"}}},
        {"kind": "ExternalSecret", "spec": {"target": {"template": {"data": {"p": "hunter2"}}}}},
        variable("DB_PASSWORD", "hunter2"),
        variable("API_KEY", "hunter2"),
        {"kind": "Database", "spec": {"adminPassword": "hunter2"}},
        copied(SECRET),
        copied(variable("TOKEN", "hunter2")),
    ],
    ids=lambda item: item["kind"],
)
def test_secrets_are_found_wherever_they_stand(item):
    assert "hunter2" in set(hidden_values(item))
    assert may_tell(json.dumps(item))


@pytest.mark.parametrize(
    "item",
    [
        variable("LOG_LEVEL", "hunter2"),
        variable("USE_TOKEN", "true"),
        {"kind": "ConfigMap", "data": {"p": "hunter2"}},
        {"kind": "ExternalSecret", "spec": {"data": [{"secretKey": "p", "remoteRef": {"key": "hunter2"}}]}},
        {"kind": "Ingress", "spec": {"tls": [{"secretName": "hunter2"}]}},
        {"kind": "ConfigMap", "metadata": {"annotations": {LAST_APPLIED: "{no json"}}},
    ],
    ids=lambda item: item["kind"],
)
def test_what_is_no_secret_stays_readable(item):
    assert set(hidden_values(item)) == set()


def test_a_registrys_login_is_masked_with_the_password_in_it():
    login = base64.b64encode(b"robot:tr0ub4dor").decode()
    config = base64.b64encode(json.dumps({"auths": {"registry.example": {"auth": login}}}).encode()).decode()
    redactor = Redactor()
    redactor.learn_objects([{"apiVersion": "v1", "kind": "Secret", "data": {".dockerconfigjson": config}}])
    assert redactor.mask(f"login {login} or tr0ub4dor at registry.example") == (
        "login ******** or ******** at registry.example"
    )
