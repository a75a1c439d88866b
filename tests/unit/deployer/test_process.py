"""What helm and kubectl are started with, and what they may not do."""

import socket
import sys
import time

import pytest

from deployer import process
from deployer.process import ToolFailed, run
from tests.support.delivery import layer_tools

TOOLS = layer_tools()


def test_a_tool_sees_no_credential_no_home_and_no_plugin(tmp_path, monkeypatch):
    for name in ("AWS_SECRET_ACCESS_KEY", "KUBECONFIG", "HELM_PLUGINS", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "canary-1234")
    monkeypatch.setenv("HOME", str(tmp_path))
    seen = dict(line.split("=", 1) for line in run(["/usr/bin/env"]).decode().splitlines())
    assert "canary-1234" not in seen.values()
    assert seen["HOME"] != str(tmp_path)
    assert set(seen) <= {
        *("PATH", "HOME", "TMPDIR", "HELM_PLUGINS", "KUBECONFIG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PWD", "_"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "SHLVL"),
    }


def test_a_kubeconfigs_exec_plugin_does_not_run(tmp_path, monkeypatch):
    program, ran = tmp_path / "program", tmp_path / "ran"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        (tmp_path / ".kube").mkdir()
        (tmp_path / ".kube" / "config").write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"
            f"clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{server.getsockname()[1]}'}}}}]\n"
            "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1,"
            f" command: {program}, interactiveMode: Never}}}}}}]\n"
        )
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / ".kube" / "config"))
        with pytest.raises(ToolFailed):
            run([TOOLS.kubectl, "get", "pods", "--request-timeout=1s"])
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not ran.exists()


def test_no_shell_reads_the_arguments(tmp_path):
    assert run(["/bin/echo", "$(touch x); `id` && echo"]) == b"$(touch x); `id` && echo\n"


def test_a_tool_that_writes_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(process, "LARGEST", 3_000_000)
    began = time.monotonic()
    with pytest.raises(ToolFailed, match="wrote more"):
        run(["/bin/cat", "/dev/zero"], timeout=20)
    assert time.monotonic() - began < 10


def test_a_tool_that_does_not_end_is_stopped():
    with pytest.raises(ToolFailed, match=r"did not end within 0 s") as caught:
        run(["/bin/sleep", "30"], timeout=0.3)
    assert caught.value.code == 124


def test_a_tools_complaint_is_its_error(tmp_path):
    with pytest.raises(ToolFailed) as caught:
        run([sys.executable, "-c", "import sys; sys.stdout.write('x' * 9); sys.exit('said so')"])
    assert (caught.value.code, caught.value.stderr) == (1, "said so")


def test_what_is_written_to_a_tool_reaches_it():
    assert run(["/bin/cat"], stdin=b"x" * 3_000_000) == b"x" * 3_000_000


def test_a_tool_that_is_not_there_names_the_layer():
    with pytest.raises(ToolFailed, match="layer"):
        run(["/nowhere/kubectl"])
