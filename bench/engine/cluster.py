"""One API server for all tools: real etcd, kube-apiserver and controller-manager, pods without a node, 5 ms away."""

import contextlib
import http.client
import json
import os
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.engine.native import relay
from local.settings import cache_root
from tests.support.controlplane import TOKEN, ControlPlane, control_plane, controller_manager

ONE_WAY = 0.0025  # seconds: a Lambda, or a laptop, is never 0 ms from a cluster
# While a tool is measured the controller-manager works at its default of 20 requests a second: without a limit it would
# take the processors away from the tool, where one machine is cluster and laptop in one. Between two works another one
# without a limit helps it, or the next tool's turn would come after minutes.
HURRY = ("--kube-api-qps=1000", "--kube-api-burst=1000", "--concurrent-deployment-syncs=20")
SETTLED_WITHIN = 180.0


@dataclass(frozen=True)
class Place:
    """A namespace of one tool's own, and the environment that its processes get."""

    namespace: str
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Cluster:
    plane: ControlPlane
    folder: Path
    port: int  # of the relay

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def relayed(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def certificates(self) -> Path:
        """The folder with server.crt and server.key."""
        return self.plane.kubeconfig.parent

    @property
    def environ(self) -> dict[str, str]:
        """Nothing of the user's: neither caches nor settings."""
        path = f"{cache_root(os.environ) / 'tools' / 'bin'}:{os.defpath}"
        return {"PATH": path, "HOME": str(self.folder), "KUBECONFIG": str(self.kubeconfig), "LC_ALL": "C.UTF-8"}

    def place(self, namespace: str, **environ: str) -> Place:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        self.call("POST", "/api/v1/namespaces", body)
        return Place(namespace, {**self.environ, **environ})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One request, past the relay; RuntimeError when it is refused."""
        address = urlsplit(self.plane.url).netloc
        tls = ssl.create_default_context(cadata=self.plane.ca)
        with contextlib.closing(http.client.HTTPSConnection(address, context=tls, timeout=60)) as connection:
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            told = answer.read()
        if answer.status > 299:
            raise RuntimeError(f"{method} {path}: {answer.status} {told[:300]!r}")
        return json.loads(told)

    def settle(self) -> None:
        """Until the controllers have nothing left to do: no tool pays for what another one caused."""
        if not self._settled():
            helper = controller_manager(self.plane, *HURRY)
            try:
                self._until_settled()
            finally:
                helper.kill()
                helper.wait()
        time.sleep(0.5)

    def _until_settled(self) -> None:
        deadline = time.monotonic() + SETTLED_WITHIN
        while not self._settled():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the controllers are still at work after {SETTLED_WITHIN:.0f} s")
            time.sleep(0.5)

    def _settled(self) -> bool:
        items = self.call("GET", "/apis/apps/v1/deployments")["items"]
        return all(
            each["status"].get("observedGeneration") == each["metadata"]["generation"]
            and each["status"].get("availableReplicas", 0) == each["spec"]["replicas"]
            for each in items
        )

    def clear(self, namespace: str) -> None:
        """No pods are left of it: whoever lists pods would be kept busy by them."""
        self.call("DELETE", f"/apis/apps/v1/namespaces/{namespace}/deployments?propagationPolicy=Background")
        deadline = time.monotonic() + SETTLED_WITHIN
        while self.call("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"pods of {namespace} are still there after {SETTLED_WITHIN:.0f} s")
            time.sleep(0.2)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    with (
        control_plane() as plane,
        relay(urlsplit(plane.url).port or 443, ONE_WAY) as port,
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
    ):
        made = Cluster(plane, Path(folder), port)
        write_kubeconfig(made, made.kubeconfig, port)
        yield made


def write_kubeconfig(cluster: Cluster, path: Path, port: int) -> None:
    """The same cluster at another port of this machine."""
    config = json.loads(cluster.plane.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{port}"
    path.write_text(json.dumps(config))
