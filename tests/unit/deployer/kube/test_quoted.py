import pytest

from deployer.kube.errors import Status
from deployer.kube.quoted import redacted
from deployer.redact import MASK

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def pod(**container):
    template = {"spec": {"containers": [{"name": "web", "image": "shop/web:1", **container}]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": template}}


def message(sent, text):
    return redacted(Status(500, "", text), sent).message


SECRETS = {
    "a value of the wrong type": (
        {"kind": "Secret", "stringData": {"p": 123}},
        ".stringData.p: expected string, got &value.valueUnstructured{Value:123}",
        ".stringData.p: expected string, got &value.valueUnstructured{Value:********}",
    ),
    "a short value that is no other number": (
        {"kind": "Secret", "stringData": {"p": 12}},
        ".stringData.p at [120]: got {Value:12}",
        f".stringData.p at [120]: got {{Value:{MASK}}}",
    ),
    "decoded data": (
        {"kind": "Secret", "data": {"p": "aHVudGVyMg=="}},
        'illegal data "hunter2" (aHVudGVyMg==)',
        f'illegal data "{MASK}" ({MASK})',
    ),
    "a list below stringData": (
        {"kind": "Secret", "stringData": {"p": ["hunter2", {"deep": "tr0ub4dor"}]}},
        "got [hunter2 map[deep:tr0ub4dor]]",
        f"got [{MASK} map[deep:{MASK}]]",
    ),
    "a variable": (
        pod(env=[{"name": "PASSWORD", "value": "hunter2"}]),
        '.containers[name="web"].env[name="PASSWORD"]: Invalid value: "hunter2"',
        f'.containers[name="web"].env[name="PASSWORD"]: Invalid value: "{MASK}"',
    ),
    "variables that are a map": (
        pod(env={"PASSWORD": "hunter2"}),
        ".env: expected list, got &{map[PASSWORD:hunter2]}",
        f".env: expected list, got &{{map[PASSWORD:{MASK}]}}",
    ),
    "an argument": (
        pod(args=["--password=hunter2"]),
        'args: Invalid value: "--password=hunter2"',
        f'args: Invalid value: "{MASK}"',
    ),
    "a config map's file": (
        {"kind": "ConfigMap", "data": {"a.ini": "password = hunter2\nuser = web"}},
        '.data: got "password = hunter2\\nuser = web"',
        f'.data: got "{MASK}"',
    ),
    "a custom resource of a secret": (
        {"kind": "SealedSecret", "spec": {"encryptedData": {"p": "AgBy3i4OJSWK"}}},
        "invalid AgBy3i4OJSWK",
        f"invalid {MASK}",
    ),
    "a field whose name tells": (
        {"kind": "Database", "spec": {"adminPassword": "hunter2", "host": "db.example"}},
        'adminPassword "hunter2" of db.example',
        f'adminPassword "{MASK}" of db.example',
    ),
    "quotes and line ends, escaped": (
        pod(env=[{"name": "A", "value": 'hun"ter\n2'}]),
        'Invalid value: "hun\\"ter\\n2"',
        f'Invalid value: "{MASK}"',
    ),
    "a part of a long value": (
        pod(env=[{"name": "A", "value": "postgres://shop:hunter2@db.example:5432/shop"}]),
        "error found near ...|hop:hunter2@db.exam|...",
        f"error found near ...|{MASK}|...",
    ),
    "what was last applied": (
        {"kind": "Database", "metadata": {"annotations": {LAST_APPLIED: "{hunter2}"}}},
        "annotation {hunter2}",
        f"annotation {MASK}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "said", "told"), SECRETS.values(), ids=SECRETS)
def test_is_taken_out(sent, said, told):
    assert message(sent, said) == told


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (pod(ports=[{"containerPort": 99999}]), "containerPort: Invalid value: 99999: must be between 1 and 65535"),
        (pod(image="UPPER"), 'image: Invalid value: "UPPER"'),
        (pod(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "db", "key": "pw"}}}]), "no key pw in db for A"),
        ({"kind": "ServiceAccount", "automountServiceAccountToken": True}, "automountServiceAccountToken: true"),
        ({"kind": "Ingress", "spec": {"tls": [{"secretName": "shop-tls"}]}}, 'secretName "shop-tls" is taken'),
    ],
)
def test_what_helps_and_is_no_secret_stays(sent, said):
    assert message(sent, said) == said


def test_causes_are_cleaned_and_their_fields_stay():
    status = Status(422, "Invalid", "no", (("FieldValueInvalid", "spec.env", 'Invalid value: "hunter2"'),))
    found = redacted(status, pod(env=[{"name": "A", "value": "hunter2"}]))
    assert found.causes == (("FieldValueInvalid", "spec.env", f'Invalid value: "{MASK}"'),)
    assert (found.code, found.reason) == (422, "Invalid")
