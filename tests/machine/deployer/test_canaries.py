"""Secrets in every place and encoding come out nowhere: not in logs, errors, events, arguments, results or records."""

import base64
import json

import boto3
import pytest

from deployer.outcome import Continue, Failed, Succeeded
from deployer.target import Source
from tests.machine.deployer.test_deployer_job import BUCKET, Action, seconds
from tests.support.canaries import Canaries, Children, forms
from tests.support.controlplane import TOKEN
from tests.support.delivery import config_map, deployment
from tests.support.fault_proxy import Refuse, Stream
from tests.support.watched import watched

pytestmark = pytest.mark.timeout(240)

DELIVERIES = (Source("manifests", "manifests"), Source("helm", "chart", "shop", ("chart/values-dev.yaml",)))
HOOK = """
apiVersion: v1
kind: Secret
metadata: {name: hook, annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-5"}}
stringData: {p: {{ .Values.hookPassword | quote }}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec:
  backoffLimit: 0
  template:
    metadata: {annotations: {test/pod: {{ .Values.hook }}}}
    spec: {restartPolicy: Never, containers: [{name: job, image: "tools:1"}]}
"""
CHART = {
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
    "chart/values.yaml": "image: shop/web\nrun: 1\nfail: false\n",
    "chart/templates/NOTES.txt": "The password is {{ .Values.password }}.\n",
    "chart/templates/fail.yaml": "{{ if .Values.fail }}{{ fail .Values.password }}{{ end }}\n",
    "chart/templates/config.yaml": config_map("chart", run="{{ .Values.run }}"),
    "chart/templates/secret.yaml": """
apiVersion: v1
kind: Secret
metadata: {name: chart}
stringData: {p: {{ .Values.password | quote }}}
""",
    "chart/templates/hook.yaml": HOOK,
}


def secret(name, **fields):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **fields}


class Story:
    """One service with secrets everywhere, its deliveries, and all that came out."""

    def __init__(self, action, canaries):
        self.action, self.canaries = action, canaries
        plant = canaries.plant
        self.value = plant("data of a Secret")
        self.plain = plant("stringData of a Secret")
        old = plant("a Secret's last applied configuration")
        login = f"robot:{plant('a registry login', '')}"
        self.env = plant("a variable named PASSWORD")
        self.sealed, self.template = plant("a sealed secret"), plant("an external secret's template")
        self.password, self.hook = plant("a chart's values"), plant("a hook that is a Secret")
        copy = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(secret("a", stringData={"p": old}))}
        config = {"auths": {"registry.example": {"auth": base64.b64encode(login.encode()).decode()}}}
        one = secret("one", data={"p": base64.b64encode(self.value.encode()).decode()}, stringData={"q": self.plain})
        one["metadata"]["annotations"] = copy
        pull = secret("pull", type="kubernetes.io/dockerconfigjson")
        pull["data"] = {".dockerconfigjson": base64.b64encode(json.dumps(config).encode()).decode()}
        document = secret("document", stringData={"p.json": json.dumps({"z": self.value, "a": {"b": self.plain}})})
        group = f"x{action.place.namespace}.example.com"
        sealed = {"apiVersion": f"{group}/v1", "kind": "CanarySecret", "metadata": {"name": "sealed"}}
        sealed["spec"] = {"encryptedData": {"p": self.sealed}, "template": {"stringData": {"p": self.template}}}
        made = {"one": one, "pull": pull, "document": document, "definition": definition(group), "sealed": sealed}
        self.manifests = {f"manifests/{name}.yaml": json.dumps(item) for name, item in made.items()}
        self.spoken = [form for value in (self.value, self.plain, old, login[6:], self.env) for form in forms(value)]
        self.spoken += [form for value in (self.sealed, self.template, self.hook) for form in forms(value)]
        self.texts = {}

    def files(self, hook="done", fail="false", run=1, **web):
        env = [{"name": "PASSWORD", "value": self.env}, {"name": "RUN", "value": str(run)}]
        values = {"password": self.password, "hookPassword": self.hook, "hook": hook, "run": run}
        chart = {**CHART, "chart/values-dev.yaml": json.dumps(values)}
        if fail != "false":
            chart["chart/values.yaml"] = chart["chart/values.yaml"].replace("fail: false", f"fail: {fail}")
        made = json.loads(deployment("web", env=env, **web))
        made["spec"]["template"]["metadata"]["annotations"]["test/said"] = f"login {self.value} {self.env}"
        return {**self.manifests, **chart, "manifests/web.yaml": json.dumps(made)}

    def run(self, name, files, expected, plan=True, **more):
        release = self.action.built(files, f"shop/Release/{name}")
        if plan:
            self.keep(f"{name}, planned", self.action.plan(release, name))
        done = self.action.deploy(release, name, **more)
        self.keep(name, done)
        assert isinstance(done.outcome, expected), (name, done.outcome, self.action.stream.getvalue()[-3000:])
        return done

    def keep(self, name, done):
        self.texts |= {f"{name}: outcome": repr(done.outcome), f"{name}: job": json.dumps(done.told)}
        self.texts |= {f"{name}: {file}": text for file, text in done.files.items()}


def definition(group):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "CanarySecret", "plural": "canarysecrets"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"canarysecrets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }


def wrong(story):
    """Objects whose refusals quote what was sent: by wrong types, in many places."""
    pod = json.loads(deployment("typed"))
    pod["spec"]["template"]["spec"]["containers"][0]["env"] = {"PASSWORD": story.env}
    listed = json.loads(deployment("listed", env=[{"name": "PASSWORD", "value": {"inner": story.env}}]))
    many = {
        "nested": secret("nested", stringData={"p": {"inner": story.plain}}),
        "encoded": secret("encoded", data={"p": story.value}),
        "number": secret("number", stringData={"p": [story.plain]}),
        "typed": pod,
        "listed": listed,
        "args": json.loads(deployment("args", args={"password": story.env})),
        "command": json.loads(deployment("command", command=[{"password": story.env}])),
        "config": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"p": [story.plain]}},
    }
    return {f"manifests/wrong-{name}.yaml": json.dumps(item) for name, item in many.items()}


def cluster_texts(story):
    """What others may read who may not read Secrets: config maps and events of the namespace, and the ledger."""
    admin, namespace = story.action.place.plane.admin, story.action.place.namespace
    found = {
        f"{kind} {item['metadata']['name']}": json.dumps(item)
        for kind in ("configmaps", "events")
        for item in admin.get(f"/api/v1/namespaces/{namespace}/{kind}")["items"]
    }
    items = boto3.client("dynamodb", region_name="us-east-1").scan(TableName="shop-releases")["Items"]
    return {**found, "ledger": json.dumps(items)}


def test_canary_secrets_in_every_place_and_encoding_come_out_nowhere(place, capfd):
    canaries = Canaries()
    for known in (TOKEN, "CANARY"):  # the bearer token; the job's own credentials
        canaries.known(known)
    manager = boto3.client("secretsmanager", region_name="us-east-1")
    kept = canaries.plant("a secret of Secrets Manager")
    vault = manager.create_secret(Name="canary/api", SecretString=json.dumps({"token": kept}))
    dev = place(deliveries=DELIVERIES, secrets={"vault": vault["ARN"]}, patience=20.0, lease=1.5)
    refusing = []

    def hook(number, method, path):
        """Pods and events that say it all, and a server that quotes what it refuses."""
        where = path.partition("?")[0]
        if where.endswith("/log"):
            return Stream([{"line": each} for each in story.spoken])
        if where.endswith("/events"):
            message = " ".join(story.spoken)
            return Stream([{"items": [{"type": "Warning", "reason": "Odd", "message": message, "metadata": {}}]}])
        if refusing and method == "PATCH" and refusing[0]() and "dryRun" not in path and "/deployments/" in where:
            return Refuse(422, reason="Invalid", message=f"Invalid value: {story.env!r}: {story.value}")
        return None

    with watched(dev, hook) as (there, _), Children("helm", "kubectl") as children:
        action = Action(there)
        action.s3.create_bucket(Bucket=BUCKET)
        story = Story(action, canaries)
        story.spoken += forms(kept)
        carry_out(story, refusing)
    told = action.stream.getvalue()
    for event in ("refused", "failed", "restored", "stuck", "bug", "answered", "continues"):
        assert event == "answered" or f'"event": "{event}"' in told, event
    out, err = capfd.readouterr()
    texts = {**story.texts, **cluster_texts(story), **children.texts, "log": told, "stdout": out, "stderr": err}
    assert len(children.texts) > 5
    found = canaries.found(texts)
    assert found == [], "\n".join(f"{each}: {_around(each, texts)}" for each in found[:40])


def _around(told, texts):
    name = told.partition(", in ")[2]
    at = texts[name].find("Cnry")
    return texts[name][max(0, at - 80) : at + 60]


def carry_out(story, refusing):
    action, stream = story.action, story.action.stream
    story.run("good", story.files(), Succeeded)
    refused = story.run("refused", {**story.files(), **wrong(story)}, Failed)
    assert "8 objects are refused" in refused.outcome.message, refused.outcome.message
    crash = story.run("crash", story.files(pod="crash", run=2), Failed)
    assert "last log lines" in crash.outcome.message
    assert "Odd" in crash.outcome.message
    assert "last log lines" in story.run("hook", story.files(hook="exit", run=3), Failed).outcome.message
    assert "helm:" in story.run("template", story.files(fail="true"), Failed).outcome.message
    conflict(story)
    mark = len(stream.getvalue())
    refusing.append(lambda: '"event": "failed"' in stream.getvalue()[mark:])
    stuck = story.run("stuck", story.files(pod="crash", run=4), Failed, plan=False)
    assert "failed as well" in stuck.outcome.message
    refusing.clear()
    bug(story)
    slow = action.built(story.files(pod="crash", run=5), "shop/Release/slow")
    done = action.deploy(slow, "slow", attempt="a", budget=seconds(3))
    for turn in range(10):
        if not isinstance(done.outcome, Continue):
            break
        story.keep(f"slow {turn}", done)
        done = action.deploy(slow, "slow", attempt="a", token=done.outcome.token, budget=seconds(3))
    story.keep("slow, ended", done)
    assert isinstance(done.outcome, Failed), stream.getvalue()[-6000:]
    story.run("good again", story.files(run=6), Succeeded)


def conflict(story):
    """Somebody edits fields that the release sets, and their values are others of ours."""
    place, merge = story.action.place, "application/merge-patch+json"
    path = f"/api/v1/namespaces/{place.namespace}/secrets/one"
    body = {"data": {"p": "YnkgaGFuZA=="}}
    place.plane.admin.request("PATCH", path, query={"fieldManager": "kubectl-edit"}, body=body, content=merge)
    changed = json.loads(story.manifests["manifests/one.yaml"])
    changed["data"]["p"] = base64.b64encode(story.canaries.plant("what conflicts").encode()).decode()
    done = story.run("conflict", {**story.files(), "manifests/one.yaml": json.dumps(changed)}, Failed)
    assert "other field managers own" in done.outcome.message
    place.plane.admin.request("DELETE", path)


def bug(story):
    action = story.action

    def world(base, environ):
        made = action.world(base, environ)

        def hear(line):
            if line["event"] == "planned":
                raise TypeError(f"a bug that quotes {' '.join(story.spoken)}")

        from dataclasses import replace

        return replace(made, log=made.log.also(hear))

    done = story.run("bug", story.files(run=7), Failed, plan=False, world=world)
    assert "TypeError" in done.outcome.message
