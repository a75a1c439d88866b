"""Secrets in plain text, in what is delivered and in pipeline.yaml, are refused with their line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.config.plaintext import plain_secrets
from tests.unit.pipeline.test_config_retired import GOOD, SERVICE, put, told

Write = Callable[[str], Path]
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"  # in two parts, so that no scanner takes this file for one that has a key


def lines(text: str) -> list[int]:
    return [line for line, _ in plain_secrets(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SECRET + "stringData:\n  user: shop\n  password: hunter2\n", [5, 6]),
        (SECRET + "data: {password: aHVudGVyMg==}\n", [4]),
        ("stringData:\n  user: shop\nkind: Secret\n", [2]),
        (SECRET + "type: kubernetes.io/service-account-token\n", []),
        (SECRET + "data:\n  password: {{ .Values.db.password | b64enc }}\n", []),
        (SERVICE + "---\n" + SECRET + "data:\n  a: Yg==\n---\n" + SERVICE, [9]),
        ("kind: ConfigMap\ndata:\n  DB_PASSWORD: hunter2\n  LEVEL: info\n", [3]),
        ("dbPassword: hunter2\n", [1]),
        ("db:\n  password: hunter2  # the one of the tests\n", [2]),
        ("db:\n  password: hunter2  # not a secret\n", []),
        ("env:\n- name: API_TOKEN\n  value: 'abc def'\n", [3]),
        ("env:\n- {name: API_TOKEN, value: abc}\n", [2]),
        ("env:\n- name: API_TOKEN\n  valueFrom: {secretKeyRef: {name: db, key: token}}\n- name: A\n  value: b\n", []),
        ("env:\n- name: URL\n  value: postgres://shop:hunter2@db/shop\n", [3]),
        ("url: postgres://shop:$(DB_PASSWORD)@db/shop\n", []),
        (f"note: {KEY}\n", [1]),
        ("note: |\n  -----BEGIN RSA PRIVATE KEY-----\n", [2]),
        ("secretGenerator:\n- name: db\n  literals:\n  - user=shop\n", [4]),
        ("configMapGenerator:\n- name: db\n  literals:\n  - user=shop\n  - API_KEY=abc\n", [5]),
        ("automountServiceAccountToken: false\n", []),
        ("password: ''\ntoken: null\napiKey: ${API_KEY}\ntokenFile: /run/token\ntoken: /run/token\n", []),
        ("kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy8hCi8\n", []),
        ("kind: ExternalSecret\nspec:\n  data:\n  - secretKey: password\n    remoteRef: {key: shop/db}\n", []),
        ("password: ENC[AES256_GCM,data:tkyQPQODC3g=]\n", []),
        ("# password: hunter2\n", []),
        ("args: [--password=$(PASSWORD)]\n", []),
    ],
)  # fmt: skip
def test_plain_secrets_are_found_and_what_is_filled_in_later_is_not(text: str, found: list[int]) -> None:
    assert lines(text) == found


def test_a_manifest_is_refused_with_its_line_and_the_remedy(service: Write) -> None:
    folder = put(
        service(GOOD + "deploy: [{manifests: plain}]\n"), {"plain/db.yaml": SECRET + "stringData:\n  pin: x\n"}
    )
    said = told(folder)
    assert "deploy[0]: plain/db.yaml:5: a value of a Secret, `pin`, stands there for everybody to read" in said
    assert "keep it in Secrets Manager and name it under `secrets`" in said


def test_values_and_kustomizations_are_read_too(service: Write) -> None:
    deploy = "deploy:\n- {chart: charts/web, values: [values.yaml]}\n- {kustomize: k}\n"
    kustomization = "secretGenerator:\n- name: db\n  literals: \n  - pin=1\n"
    folder = put(service(GOOD + deploy), {"values.yaml": "db:\n  password: x\n", "k/kustomization.yaml": kustomization})
    said = told(folder)
    assert "deploy[0]: values.yaml:2: what looks like a secret, `password`," in said
    assert "deploy[1]: k/kustomization.yaml:4: a value of a Secret, `pin`," in said


def test_an_images_arguments_are_no_place_for_one(service: Write) -> None:
    image = "images: {web: {context: app/web, args: {NPM_TOKEN: abc, LEVEL: info}}}\n"
    said = told(service(GOOD + image))
    assert "images.web.args.NPM_TOKEN: what looks like a secret, `NPM_TOKEN`, stands there in plain text" in said
    assert "LEVEL" not in said


def test_a_chart_that_is_filled_in_later_passes(service: Write) -> None:
    template = SECRET + "stringData:\n  password: {{ .Values.password }}\n"
    load(put(service(GOOD + "deploy: [{chart: charts/web}]\n"), {"charts/web/templates/db.yaml": template}))
