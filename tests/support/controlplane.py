"""A real API server with etcd and a controller-manager, and a kubelet that is none: for tests of the deployer alone.

Pods are driven by an annotation of their template, `test/pod`: its words are those of `pod_states`. A real node is
slower and is not needed to see what the deployer does.
"""

import contextlib
import dataclasses
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deployer.kube.client import Endpoint, Kube
from tests.support import pod_states

TOKEN = "admin-token"
NOBODY = "nobody-token"  # a user without any right


def binaries() -> Path:
    """The folder with etcd and kube-apiserver: the toolchain's, or KUBEBUILDER_ASSETS."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    cache = Path(os.environ.get("SHIPLINE_CACHE") or Path.home() / ".cache" / "shipline")
    for folder in filter(None, (named and Path(named), cache / "tools" / "bin")):
        if (folder / "etcd").exists() and (folder / "kube-apiserver").exists():
            return folder
    raise FileNotFoundError("no kube-apiserver: `make tools` builds it")


@dataclasses.dataclass(frozen=True)
class ControlPlane:
    url: str
    ca: str
    kubeconfig: Path  # of an admin with a token

    admin: Kube

    @classmethod
    def at(cls, port: int, ca: str, kubeconfig: Path) -> "ControlPlane":
        url = f"https://127.0.0.1:{port}"
        return cls(url, ca, kubeconfig, Kube(Endpoint(url, ca, "the test"), lambda renew=False: TOKEN, patience=60.0))

    def certificate(self, folder: Path, subject: str) -> tuple[Path, Path]:
        """A client's certificate and its key, in `folder`; `subject` has user and groups: `/O=system:masters/CN=me`."""
        root = self.kubeconfig.parent
        for words in (
            ["req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", "me.key", "-out", "me.csr"],
            ["x509", "-req", "-in", "me.csr", "-CA", root / "clients.crt", "-CAkey", root / "clients.key",
             "-CAcreateserial", "-days", "2", "-out", "me.crt"],
        ):  # fmt: skip
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
        return folder / "me.crt", folder / "me.key"

    def kube(self, token: str = TOKEN) -> Kube:
        """A client of its own; `admin` is one that all share."""
        return Kube(Endpoint(self.url, self.ca, "the test"), lambda renew=False: token)


@contextlib.contextmanager
def control_plane() -> Iterator[ControlPlane]:
    root = Path(tempfile.mkdtemp(prefix="shipline-kas-"))
    running: list[subprocess.Popen[bytes]] = []
    try:
        etcd, peer, port = (_free_port() for _ in range(3))
        _certificates(root)
        start = lambda name, *args: running.append(_start(root, name, *args))  # noqa: E731
        start(
            "etcd", f"--data-dir={root}/etcd", f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}", f"--listen-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peer}",
            f"--initial-cluster=default=http://127.0.0.1:{peer}", "--unsafe-no-fsync",
        )  # fmt: skip
        start(
            "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{etcd}", f"--secure-port={port}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--tls-cert-file={root}/server.crt",
            f"--tls-private-key-file={root}/server.key", f"--token-auth-file={root}/tokens.csv",
            f"--client-ca-file={root}/clients.crt",
            "--authorization-mode=RBAC", "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={root}/server.key", f"--service-account-signing-key-file={root}/server.key",
            "--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
            f"--cert-dir={root}", "--disable-admission-plugins=ServiceAccount",
        )  # fmt: skip
        plane = ControlPlane.at(port, (root / "server.crt").read_text(), _kubeconfig(root, port))
        _until_ready(plane, running)
        running.append(controller_manager(plane, "--concurrent-deployment-syncs=10"))
        kubelet = _Kubelet(plane)
        kubelet.start()
        yield plane
        kubelet.stop()
        plane.admin.close()
    finally:
        for process in reversed(running):
            process.kill()
        for process in running:
            process.wait()
        shutil.rmtree(root, ignore_errors=True)


def controller_manager(plane: ControlPlane, *flags: str) -> subprocess.Popen[bytes]:
    """One more; `flags` are its own."""
    root = plane.kubeconfig.parent
    return _start(
        root, "kube-controller-manager", f"--kubeconfig={plane.kubeconfig}", "--leader-elect=false", "--secure-port=0",
        f"--service-account-private-key-file={root}/server.key", f"--root-ca-file={root}/server.crt",
        "--controllers=*,-tokencleaner,-bootstrapsigner", *flags,
    )  # fmt: skip


def _start(root: Path, name: str, *args: str) -> subprocess.Popen[bytes]:
    with (root / f"{name}.log").open("wb") as log:
        return subprocess.Popen([str(binaries() / name), *args], stdout=log, stderr=log, cwd=root)


def _certificates(root: Path) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", "server.key", "-out", "server.crt",
        ],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=clients",
            "-keyout", "clients.key", "-out", "clients.crt",
        ],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    (root / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\nnobody-token,nobody,2\n')


def _kubeconfig(root: Path, port: int) -> Path:
    path = root / "kubeconfig"
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(root / "server.crt")}
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": cluster}],
                "users": [{"name": "u", "user": {"token": TOKEN}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            }
        )
    )
    return path


def _until_ready(plane: ControlPlane, running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            break
        with contextlib.suppress(Exception):
            if plane.admin.text("/readyz") == "ok":
                return
        time.sleep(0.1)
    raise RuntimeError("kube-apiserver did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Kubelet(threading.Thread):
    """Gives every pod the status that its `test/pod` annotation asks for, and ends pods that are being deleted."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(daemon=True)
        self._plane = plane
        self._ended = threading.Event()

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        address = self._plane.url.removeprefix("https://")
        tls = ssl.create_default_context(cadata=self._plane.ca)
        connection = http.client.HTTPSConnection(address, context=tls, timeout=10)
        while not self._ended.wait(0.1):
            try:
                for pod in _call(connection, "GET", "/api/v1/pods").get("items", []):
                    self._tend(connection, pod)
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()  # the next round opens it anew
        connection.close()

    def _tend(self, connection: http.client.HTTPSConnection, pod: dict[str, Any]) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            _call(connection, "DELETE", path, {"gracePeriodSeconds": 0})
            return
        status = pod_states.status(pod)
        if status is None or _shown(status) == _shown(pod.get("status") or {}):
            return
        _call(connection, "PATCH", path + "/status", {"status": status})
        if told := pod_states.EVENTS.get(pod_states.wanted(pod)):
            self._tell(connection, pod, *told)

    def _tell(
        self, connection: http.client.HTTPSConnection, pod: dict[str, Any], kind: str, reason: str, message: str
    ) -> None:
        meta = pod["metadata"]
        about = {"kind": "Pod", "apiVersion": "v1", **{name: meta[name] for name in ("name", "namespace", "uid")}}
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        event = {
            "apiVersion": "v1", "kind": "Event", "metadata": {"generateName": f"{meta['name']}."},
            "involvedObject": about, "type": kind, "reason": reason, "message": message, "count": 3,
            "firstTimestamp": now, "lastTimestamp": now, "source": {"component": "kubelet"},
        }  # fmt: skip
        _call(connection, "POST", f"/api/v1/namespaces/{meta['namespace']}/events", event)


def _shown(status: dict[str, Any]) -> tuple[Any, Any]:
    """What tells two statuses apart, as the server keeps them: nothing is the same as an empty list."""
    told = {each["type"]: each["status"] for each in status.get("conditions") or []}
    return status.get("containerStatuses") or [], told.get("PodScheduled")


def _call(connection: http.client.HTTPSConnection, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    return json.loads(connection.getresponse().read())
