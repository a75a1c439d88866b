"""Kustomizations of hostile artifacts: a listener on loopback, from which no proxy keeps kustomize, hears nothing."""

import os
import socket
from pathlib import Path

import pytest

from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.render import Surroundings, render
from deployer.target import Source
from tests.support.delivery import layer_tools

WEB = Image("web", "registry.example/shop/web", "1", "sha256:" + "a" * 64)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

TOOLS = layer_tools()


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def heard(server):
    try:
        server.accept()
    except BlockingIOError:
        return False
    return True


def rendered(folder, text, **files):
    for name, content in {"kustomization.yaml": text, "cm.yaml": MAP, **files}.items():
        path = folder / "k" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    around = Surroundings("dev", "v1.36.2", ())
    found = render(folder, Source("kustomize", "k"), Images({"web": WEB}), TOOLS, around)
    return [item for document in found.documents for item in document.objects()]


REMOTE = {
    "http": "resources: ['http://HOST/base']",
    "https": "resources: ['https://HOST/base?ref=v1']",
    "http file": "resources: ['http://HOST/cm.yaml']",
    "upper case": "resources: ['HTTP://HOST/base']",
    "git over http": "resources: ['git::http://HOST/base.git']",
    "git": "resources: ['git://HOST/base.git']",
    "ssh": "resources: ['ssh://git@HOST/base']",
    "scp": "resources: ['git@127.0.0.1:acme/base.git']",
    "user at host": "resources: ['someone@HOST/acme/base']",
    "file": "resources: ['file:///etc/base']",
    "short github": "resources: ['github.com/acme/base']",
    "github with a colon": "resources: ['github.com:acme/base']",
    "github in capitals": "resources: ['GitHub.com/acme/base']",
    "query": "resources: ['acme/base?ref=v1']",
    "double slash": "resources: ['HOST/acme//base']",
    "git suffix": "resources: ['HOST/acme/base.git']",
    "bases": "bases: ['http://HOST/base']",
    "components": "components: ['http://HOST/base']",
    "crds": "crds: ['http://HOST/crd.yaml']",
    "configurations": "configurations: ['http://HOST/c.yaml']",
    "openapi": "openapi: {path: 'http://HOST/schema.json'}",
    "patch": "resources: [cm.yaml]\npatches: [{path: 'http://HOST/p.yaml'}]",
    "old patch": "resources: [cm.yaml]\npatchesStrategicMerge: ['http://HOST/p.yaml']",
    "JSON patch": "resources: [cm.yaml]\npatchesJson6902: [{target: {kind: A, name: b}, path: 'http://HOST/p.yaml'}]",
    "replacement": "resources: [cm.yaml]\nreplacements: [{path: 'http://HOST/r.yaml'}]",
    "generator's file": "configMapGenerator: [{name: x, files: ['http://HOST/f']}]",
    "generator's named file": "configMapGenerator: [{name: x, files: ['key=http://HOST/f']}]",
    "generator's environment": "secretGenerator: [{name: x, envs: ['http://HOST/f']}]",
    "a key's other case": "Resources: ['http://HOST/cm.yaml']",
    "a generator's other case": "ConfigMapGenerator: [{name: x, Files: ['http://HOST/f']}]",
    "a base of a base": "resources: [inner]",
}


@pytest.mark.parametrize("text", REMOTE.values(), ids=REMOTE)
def test_a_remote_base_is_refused_and_nobody_is_called(tmp_path, listener, text):
    host = f"127.0.0.1:{listener.getsockname()[1]}"
    inner = {"inner/kustomization.yaml": f"resources: ['http://{host}/base']\n"}
    with pytest.raises(Fatal, match="remote base"):
        rendered(tmp_path, text.replace("HOST", host) + "\n", **inner)
    assert not heard(listener)


PROGRAM = """apiVersion: v1
kind: F
metadata:
  name: f
  annotations: {config.kubernetes.io/function: "exec: {path: MARKER}"}
"""


@pytest.mark.parametrize("key", ["generators", "transformers", "validators", "Transformers"])
def test_an_exec_function_is_refused_and_does_not_run(tmp_path, key):
    program, ran = tmp_path / "k" / "program", tmp_path / "ran"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    function = PROGRAM.replace("MARKER", "./program")
    with pytest.raises(Fatal, match="may run programs"):
        rendered(tmp_path, f"resources: [cm.yaml]\n{key}: [f.yaml]\n", **{"f.yaml": function})
    assert not ran.exists()


@pytest.mark.parametrize("key", ["helmCharts", "helmChartInflationGenerator", "HelmCharts"])
def test_helm_inflation_is_refused(tmp_path, listener, key):
    repository = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Fatal, match="deliver the chart by itself"):
        rendered(tmp_path, f"resources: [cm.yaml]\n{key}: [{{name: x, repo: '{repository}'}}]\n")
    assert not heard(listener)


@pytest.mark.parametrize("reference", ["../../etc", "/etc/passwd", "../../../cm.yaml", "nowhere.yaml"])
def test_a_path_out_of_the_artifact_or_to_nothing_is_refused(tmp_path, reference):
    with pytest.raises(Fatal, match=r"outside the artifact|not in the artifact"):
        rendered(tmp_path, f"resources: ['{reference}']\n")
    with pytest.raises(Fatal, match=r"outside the artifact|not in the artifact"):
        rendered(tmp_path, f"configMapGenerator: [{{name: x, files: ['a={reference}']}}]\n")


def test_a_base_that_leads_to_itself_is_refused(tmp_path):
    with pytest.raises(Fatal, match="leads to itself"):
        rendered(tmp_path, "resources: [inner]\n", **{"inner/kustomization.yaml": "resources: ['../inner']\n"})


def test_a_link_in_the_artifact_is_refused_before_kustomize_starts(tmp_path):
    (tmp_path / "k").mkdir()
    (tmp_path / "k" / "secret").symlink_to("/proc/self/environ")
    with pytest.raises(Fatal, match="links"):
        rendered(tmp_path, "configMapGenerator: [{name: x, files: [secret]}]\n")


KUBECONFIG = """apiVersion: v1
kind: Config
current-context: c
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]
users:
- name: u
  user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {program}, interactiveMode: Never}}}}
"""


def test_a_kubeconfig_is_never_used_wherever_it_lies(tmp_path, listener, monkeypatch):
    program, ran = tmp_path / "program", tmp_path / "ran"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    config = KUBECONFIG.format(port=listener.getsockname()[1], program=program)
    home = tmp_path / "home"
    (home / ".kube").mkdir(parents=True)
    (home / ".kube" / "config").write_text(config)
    (tmp_path / "env.yaml").write_text(config)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "env.yaml"))
    files = {"kubeconfig": config, ".kube/config": config, "config": config}
    assert [item["kind"] for item in rendered(tmp_path, "resources: [cm.yaml]\n", **files)] == ["ConfigMap"]
    assert not ran.exists()
    assert not heard(listener)
    assert os.environ["KUBECONFIG"]  # it was there to be found


def test_an_overlay_of_a_base_in_the_artifact_is_rendered_by_digest(tmp_path):
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: shop/web}]}\n"
    inner = {"inner/kustomization.yaml": "resources: [pod.yaml]\n", "inner/pod.yaml": pod, "f.txt": "text"}
    text = (
        "resources: [inner]\nimages: [{name: shop/web, newTag: '1'}]\nconfigMapGenerator: [{name: x, files: [f.txt]}]\n"
    )
    found = {item["kind"]: item for item in rendered(tmp_path, text, **inner)}
    assert found["Pod"]["spec"]["containers"][0]["image"] == WEB.pinned
    assert found["ConfigMap"]["data"] == {"f.txt": "text"}
    assert Path(tmp_path / "k" / "inner" / "pod.yaml").read_text() == pod.replace("shop/web", WEB.pinned)
