import base64
import datetime as dt
import json
import os

import pytest

from cli.errors import CommandError
from cli.kubeconfig.files import Entry
from cli.kubeconfig.plugin import Credential
from cli.kubeconfig.users import Plugin, TokenFile, identity_of

CLUSTER = Entry("c", {"server": "https://c", "certificate-authority-data": "Y2E="}, None)
V1 = "client.authentication.k8s.io/v1"


def user(folder, **data):
    return Entry("ann", data, folder)


def plugin(folder, script, **told):
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return user(folder, exec={"apiVersion": V1, "command": "./plugin", **told})


def credential(**status):
    return json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})


def test_token_is_sent_as_it_is(tmp_path):
    assert identity_of(user(tmp_path, token="t"), CLUSTER, {}).bearer() == "t"


def test_token_file_is_read_again_when_it_was_rotated(tmp_path):
    (tmp_path / "token").write_text("old\n")
    found = TokenFile(tmp_path / "token")
    assert found() == "old"
    (tmp_path / "token").write_text("new\n")
    assert (found(), found(renew=True)) == ("old", "new")


def test_token_file_wins_over_a_token(tmp_path):
    (tmp_path / "token").write_text("file")
    assert identity_of(user(tmp_path, tokenFile="token", token="t"), CLUSTER, {}).bearer() == "file"


def test_certificate_comes_from_data_or_from_files(tmp_path):
    (tmp_path / "key").write_bytes(b"K")
    data = base64.b64encode(b"C").decode()
    found = identity_of(user(tmp_path, **{"client-certificate-data": data, "client-key": "key"}), CLUSTER, {})
    assert (found.certificate, found.key, found.bearer()) == (b"C", b"K", "")


def test_plugin_runs_as_kubectl_runs_it(tmp_path):
    script = f'printf \'%s %s %s\' "$1" "$MORE" "$KUBERNETES_EXEC_INFO" > seen; echo \'{credential(token="t")}\''
    told = plugin(
        tmp_path,
        f"cd {tmp_path}; {script}",
        args=["a b"],
        env=[{"name": "MORE", "value": "m"}],
        provideClusterInfo=True,
    )
    assert identity_of(told, CLUSTER, dict(os.environ)).bearer() == "t"
    words, _, info = (tmp_path / "seen").read_text().partition(" {")
    assert words == "a b m"
    spec = json.loads("{" + info)["spec"]
    assert spec["cluster"] == {"server": "https://c", "certificate-authority-data": "Y2E="}


def test_plugin_may_give_a_certificate(tmp_path):
    answer = credential(clientCertificateData="C", clientKeyData="K")
    found = identity_of(plugin(tmp_path, f"echo '{answer}'"), CLUSTER, dict(os.environ))
    assert (found.certificate, found.key) == (b"C", b"K")


def test_plugin_is_asked_again_before_its_token_ends_and_when_it_is_refused():
    soon, later = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds) for seconds in (30, 3600))
    answers = [Credential(str(at), "", "", until) for at, until in enumerate([soon, later, later])]
    asked = Plugin(lambda: answers.pop(0))
    assert (asked(), asked(), asked(), asked(renew=True)) == ("0", "1", "1", "2")


@pytest.mark.parametrize(
    ("script", "told", "said"),
    [
        ("echo no >&2; exit 3", {}, "failed with exit code 3: no"),
        ("echo nothing", {}, "no ExecCredential"),
        ("echo '{}'", {}, "no ExecCredential"),
        (f"echo '{credential()}'", {}, "neither a token nor a certificate"),
        (f"echo '{credential(token='t')}'", {"apiVersion": f"{V1}beta1"}, "answers in"),
        ("true", {"apiVersion": f"{V1}alpha1"}, "not supported"),
        ("true", {"command": "no-such-plugin", "installHint": "get it"}, "get it"),
        ("true", {"interactiveMode": "Always"}, "no terminal"),
    ],
)
def test_plugin_that_gives_nothing_is_told_in_its_own_words(tmp_path, monkeypatch, script, told, said):
    with open(os.devnull) as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        with pytest.raises(CommandError) as raised:
            identity_of(plugin(tmp_path, script, **told), CLUSTER, dict(os.environ))
    assert said in str(raised.value)


def test_answer_of_a_plugin_is_never_told(tmp_path):
    with pytest.raises(CommandError) as raised:
        identity_of(plugin(tmp_path, "echo 'token canary-4711'"), CLUSTER, dict(os.environ))
    assert "canary" not in str(raised.value)
    assert "canary" not in repr(Credential("canary", "canary", "canary", None))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "neither a token, a certificate nor a plugin"),
        ({"username": "a", "password": "b"}, "no passwords"),
        ({"auth-provider": {"name": "gcp"}}, "exec plugin"),
        ({"token": "t", "as": "root"}, "impersonation"),
        ({"client-certificate-data": "Qw=="}, "go together"),
        ({"client-certificate": "none", "client-key": "none"}, "No such file"),
        ({"client-certificate-data": "=", "client-key-data": "="}, "not base64"),
    ],
)
def test_user_that_we_cannot_be_is_bad_input(tmp_path, data, said):
    with pytest.raises(CommandError) as raised:
        identity_of(user(tmp_path, **data), CLUSTER, {})
    assert said in str(raised.value)
