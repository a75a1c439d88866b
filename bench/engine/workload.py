"""The objects that are released: the same bytes for every tool, made anew the same way each time.

Of ten objects three are Deployments, three ConfigMaps, two Services, one a Secret and one a ServiceAccount. None names
its namespace, so that each tool puts them into one of its own.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team"
PER_FILE = 50
PATHS = {
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "Service": "/api/v1/namespaces/{}/services",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
}


@dataclass(frozen=True)
class Workload:
    """`count` objects; the first `changed` Deployments are of another version, the first `dropped` objects are gone."""

    count: int
    changed: int = 0
    dropped: int = 0
    version: str = "v2"  # of those that are changed
    replicas: int = 0  # no pods: they would keep the controllers busy, and no tool waits for them here
    kinds: tuple[str, ...] = ("ConfigMap",) * 3 + ("Secret",) + ("Service",) * 2 + ("Deployment",) * 3 + ("Account",)

    def with_changes(self, changed: int) -> "Workload":
        return replace(self, changed=changed)

    def without(self, dropped: int) -> "Workload":
        return replace(self, dropped=dropped)

    def objects(self) -> Iterator[Object]:
        changes = self.changed
        for number in range(self.count):
            kind = self.kinds[number % len(self.kinds)]
            version = "v1"
            if kind == "Deployment" and changes:
                changes, version = changes - 1, self.version
            if number >= self.dropped:
                yield _MAKERS[kind](number, version, self.replicas)


def texts(workload: Workload) -> Iterator[str]:
    """YAML files of fifty documents each."""
    objects = list(workload.objects())
    for start in range(0, len(objects), PER_FILE):
        yield yaml.dump_all(objects[start : start + PER_FILE], Dumper=yaml.CSafeDumper, sort_keys=False)


@dataclass(frozen=True)
class Files:
    """A workload on disk, in the shape that each tool takes."""

    manifests: Path
    chart: Path
    bare: Path  # a line per object: path, tab, JSON; `bare` sends them to the namespace BARE


BARE = "bare"


def write(workload: Workload, folder: Path) -> Files:
    files = Files(folder / "manifests", folder / "chart", folder / "bare")
    templates = files.chart / "templates"
    for each in (files.manifests, templates):
        each.mkdir(parents=True)
    for number, text in enumerate(texts(workload)):
        (files.manifests / f"objects-{number:03}.yaml").write_text(text)
    shutil.copytree(files.manifests, templates, dirs_exist_ok=True)
    (files.chart / "Chart.yaml").write_text("apiVersion: v2\nname: bench\nversion: 1.0.0\n")
    files.bare.write_text("".join(f"{path(each, BARE)}\t{json.dumps(each)}\n" for each in workload.objects()))
    return files


def path(item: Object, namespace: str) -> str:
    return f"{PATHS[item['kind']].format(namespace)}/{item['metadata']['name']}"


def _meta(number: int) -> Object:
    name = f"app-{number:05}"
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/part-of": "benchmark-of-engines",
        "tier": f"t{number % 7}",
    }
    return {"name": name, "labels": labels}


def _config_map(number: int, version: str, replicas: int) -> Object:
    data = {f"key{key}": f"value-{number}-{key} " * 4 for key in range(10)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _meta(number), "data": data}


def _secret(number: int, version: str, replicas: int) -> Object:
    data = {"password": f"p{number}", "user": "u"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": _meta(number), "type": "Opaque", "stringData": data}


def _account(number: int, version: str, replicas: int) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _meta(number)}


def _service(number: int, version: str, replicas: int) -> Object:
    meta = _meta(number)
    port = {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}
    spec = {"selector": {"app.kubernetes.io/name": meta["name"]}, "ports": [port]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def _deployment(number: int, version: str, replicas: int) -> Object:
    meta = _meta(number)
    labels = {"app.kubernetes.io/name": meta["name"]}
    container = {
        "name": "app",
        "image": f"{REGISTRY}/app-{number % 20}:{version}",
        "ports": [{"containerPort": 8080, "protocol": "TCP"}],
        "env": [{"name": f"E{key}", "value": f"v{key}"} for key in range(8)],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5},
    }
    template = {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": dict(labels)}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec}


_MAKERS = {
    "Account": _account,
    "ConfigMap": _config_map,
    "Deployment": _deployment,
    "Secret": _secret,
    "Service": _service,
}
