"""Charts: rendered by the layer's helm, applied by us, and told of by records that the real helm reads."""

import json
import subprocess

from deployer.outcome import Failed, Succeeded
from deployer.target import Source
from tests.support.delivery import HOST, config_map, deployment, digest

CHART = {
    "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: '1'\n",
    "charts/shop/values.yaml": 'image:\n  repository: shop/web\n  tag: ""\npod: ready\nreplicas: 1\n',
    "charts/shop/values-dev.yaml": "zone: dev # not staging\n",
    "charts/shop/templates/web.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {test/pod: {{ .Values.pod }}}
    spec:
      containers:
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          env: [{name: VERSION, value: "{{ .Capabilities.KubeVersion.Version }}"}]
""",
    "charts/shop/templates/tests/check.yaml": """
apiVersion: v1
kind: Pod
metadata: {name: check, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: check, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]}
""",
}
DELIVERIES = (Source("helm", "charts/shop", "shop", ("charts/shop/values-dev.yaml",)),)
DEPLOYMENTS = "apis/apps/v1/deployments"


def chart(**values):
    text = CHART["charts/shop/values.yaml"]
    for name, value in values.items():
        text = "\n".join(f"{name}: {value}" if line.startswith(f"{name}:") else line for line in text.split("\n"))
    return {**CHART, "charts/shop/values.yaml": text}


def helm(place, *args):
    environ = {
        "KUBECONFIG": str(place.plane.kubeconfig),
        "HOME": str(place.plane.kubeconfig.parent),
        "PATH": "/usr/bin:/bin",
    }
    argv = [place.tools.helm, *args, "-n", place.namespace]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def history(place):
    return [
        (each["revision"], each["status"], each["description"])
        for each in json.loads(helm(place, "history", "shop", "-o", "json"))
    ]


def test_helm_shows_what_was_installed_and_upgraded(place):
    dev = place(deliveries=DELIVERIES)
    assert isinstance(dev.release(chart()), Succeeded)
    assert isinstance(dev.release(chart(replicas=2)), Succeeded)
    listed = json.loads(helm(dev, "list", "-o", "json"))
    assert [(each["name"], each["revision"], each["status"], each["chart"]) for each in listed] == [
        ("shop", "2", "deployed", "shop-0.1.0")
    ]
    assert history(dev) == [(1, "superseded", "Install complete"), (2, "deployed", "Upgrade complete")]
    assert "STATUS: deployed" in helm(dev, "status", "shop")
    assert json.loads(helm(dev, "get", "values", "shop", "-o", "json")) == {"zone": "dev"}
    manifest = helm(dev, "get", "manifest", "shop")
    assert f"{HOST}/shop/web:src-{'a' * 16}@{digest('a')}" in manifest
    assert "kind: Pod" not in manifest
    assert "kind: Pod" in helm(dev, "get", "hooks", "shop")
    live = dev.get(DEPLOYMENTS, "shop")
    assert live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "v1.36.3"
    assert live["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "Helm"
    assert {each["manager"] for each in live["metadata"]["managedFields"] if each["operation"] == "Apply"} == {"helm"}


def test_the_same_chart_again_makes_no_new_revision(place):
    dev = place(deliveries=DELIVERIES)
    dev.release(chart())
    dev.release(chart())
    assert history(dev) == [(1, "deployed", "Install complete")]


def test_helm_shows_the_failure_and_the_way_back(place):
    dev = place(deliveries=DELIVERIES)
    good = dev.release(chart())
    outcome = dev.release(chart(pod="crash"))
    assert isinstance(outcome, Failed)
    assert [(number, status) for number, status, _ in history(dev)] == [
        (1, "superseded"),
        (2, "failed"),
        (3, "deployed"),
    ]
    assert history(dev)[1][2].startswith('Upgrade "shop" failed: Deployment shop: pod shop-')
    assert history(dev)[2][2] == "Rollback to 1"
    rollback = dev.release(chart())
    assert rollback.summary.endswith("1 unchanged; not scanned")
    assert len(history(dev)) == 3
    assert good.number + 2 == rollback.number


def test_helm_shows_a_failed_first_install(place):
    dev = place(deliveries=DELIVERIES)
    assert isinstance(dev.release(chart(pod="crash")), Failed)
    assert [(number, status) for number, status, _ in history(dev)] == [(1, "failed")]
    assert isinstance(dev.release(chart()), Succeeded)
    assert [(number, status) for number, status, _ in history(dev)] == [(1, "failed"), (2, "deployed")]


def test_a_chart_and_manifests_are_one_release_and_go_back_together(place):
    dev = place(deliveries=(*DELIVERIES, Source("manifests", "manifests")))
    good = dev.release({**chart(), "manifests/api.yaml": deployment("api", image="shop/web")})
    outcome = dev.release({**chart(replicas=2), "manifests/api.yaml": deployment("api", pod="crash", image="shop/web")})
    assert isinstance(outcome, Failed)
    assert f"back at release {good.number}" in outcome.message
    assert dev.get(DEPLOYMENTS, "shop")["spec"]["replicas"] == 1
    assert history(dev)[-1][1:] == ("deployed", "Rollback to 1")


def test_a_chart_that_leaves_the_release_leaves_helms_list(place):
    dev = place(deliveries=(*DELIVERIES, Source("manifests", "manifests")))
    dev.release({**chart(), "manifests/c.yaml": config_map("c")})
    dev.deliveries = (Source("manifests", "manifests"),)
    assert isinstance(dev.release({"manifests/c.yaml": config_map("c")}), Succeeded)
    assert helm(dev, "list", "-q") == ""
    assert dev.get(DEPLOYMENTS, "shop") is None


def test_a_broken_template_is_told_in_helms_words(place):
    dev = place(deliveries=DELIVERIES)
    outcome = dev.release({**chart(), "charts/shop/templates/bad.yaml": "{{ .Values.a.b.c }}\n"})
    assert isinstance(outcome, Failed)
    assert "nil pointer" in outcome.message
    assert "/tmp" not in outcome.message
