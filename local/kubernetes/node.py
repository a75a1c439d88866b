"""The node as a part of the machine: certificates → files → sandbox → Ready."""

import datetime
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.kubernetes import files, layout, pki
from local.kubernetes.api import Api
from local.kubernetes.plan import node_plan
from local.sandbox import Sandbox, SandboxFailed
from local.settings import Home

READY_SECONDS = 60
API_SERVICE = "/api/v1/namespaces/default/services/kubernetes"
DNS_READY = f"/api/v1/nodes/http:{layout.NODE_NAME}:{layout.DNS_READY_PORT}/proxy/ready"


class NodeFailed(Exception):
    """The node did not come up, or died; the message says which program, with its last lines."""


class Node:
    """One home's Kubernetes node."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._sandbox = Sandbox("node", home.run, home.logs, home.root)
        self._since: datetime.datetime | None = None
        self._took = 0.0

    def launch(self) -> None:
        """Start the programs. From a thread that lives as long as they: the main one."""
        self._since = datetime.datetime.now(datetime.UTC)
        if self._home.root.is_relative_to("/run"):
            raise NodeFailed(f"{self._home.root} is in /run, which the node replaces by its own: choose another folder")
        write_files(self._home)
        with self._told():
            self._sandbox.launch(node_plan(self._home))

    def start(self) -> None:
        """Returns when the node is Ready; the cluster's objects are those of the last time. Launches unless done."""
        if self._since is None:
            self.launch()
        assert self._since is not None
        with self._told():
            self._sandbox.wait()
            self._settle(self._since)
        self._took = (datetime.datetime.now(datetime.UTC) - self._since).total_seconds()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SandboxFailed, OSError) as error:
            self._sandbox.stop()
            raise NodeFailed(f"Kubernetes did not come up: {error}") from error

    def stop(self) -> None:
        self._sandbox.stop()
        self._since = None

    def status(self) -> dict[str, Any]:
        """Whether it runs, why not, how long it took to be Ready, and its resident memory in bytes."""
        return {
            "running": self._sandbox.running,
            "failure": self._sandbox.failure,
            "took": round(self._took, 2),
            "memory": self._sandbox.memory,
        }

    @property
    def failure(self) -> str | None:
        """Why the node is over although nobody stopped it: which program died, and its last lines."""
        return self._sandbox.failure

    @property
    def control_group(self) -> str:
        """The name of its group in every hierarchy below /sys/fs/cgroup."""
        return self._sandbox.control_group

    def _settle(self, since: datetime.datetime) -> None:
        """Give cluster DNS its rights; wait for the kubelet's own word that the node is Ready, then for DNS's."""
        api = Api(self._home.addresses.kube_port, self._home.kube_ca.parent)
        for path, body in files.coredns_rights():
            api.create(path, body)
        node = f"/api/v1/nodes/{layout.NODE_NAME}"
        self._until(lambda: ready(api.get(node), since), "the node is not Ready", "kubelet")
        # The API server makes its own Service in its own time: cluster DNS may be ready, and not know it yet.
        self._until(lambda: api.answers(API_SERVICE), "the API server has no Service", "kube-apiserver")
        self._until(lambda: api.answers(DNS_READY), "cluster DNS does not know the cluster's names", "coredns")

    def _until(self, reached: Callable[[], bool], otherwise: str, program: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not reached():
            if self._sandbox.failure:
                raise SandboxFailed(self._sandbox.failure)
            if time.monotonic() > deadline:
                raise SandboxFailed(f"{otherwise} after {READY_SECONDS} s: {self._home.logs}/{program}.log")
            time.sleep(0.05)


def ready(node: dict[str, Any] | None, since: datetime.datetime) -> bool:
    """Whether the kubelet said Ready after `since`: what an earlier run said is still in the store."""
    conditions = (node or {}).get("status", {}).get("conditions", [])
    return any(
        each["type"] == "Ready"
        and each["status"] == "True"
        and datetime.datetime.fromisoformat(each["lastHeartbeatTime"]) >= since.replace(microsecond=0)
        for each in conditions
    )


def write_files(home: Home) -> None:
    """Certificates and every configuration file, below home.node; the administrator's kubeconfig beside it."""
    keys, config, shared = home.kube_ca.parent, home.node / "config", home.node / "shared"
    pki.ensure(keys, pki.leaves(home.registry_host, home.addresses.registry_ip))
    for folder in (config, shared, *(home.node / name for name in ("containerd", "kubelet", "pod-logs"))):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("controller-manager", "scheduler"):
        _secret(config / f"{name}.kubeconfig", files.kubeconfig(files.API_INSIDE, keys, name))
    for name in ("kubelet", "kube-proxy", "coredns"):
        _secret(shared / f"{name}.kubeconfig", files.kubeconfig(files.API_INSIDE, keys, name))
    for name in ("ca.crt", "kubelet-server.crt", "kubelet-server.key"):
        _secret(shared / name, (keys / name).read_text())
    (config / "token-webhook.json").write_text(files.token_webhook(home.addresses.aws_port))
    for name, text in {
        "containerd.toml": files.containerd(),
        "kubelet.json": files.kubelet(),
        "kube-proxy.json": files.kube_proxy(),
        "Corefile": files.corefile(),
        "firewall.nft": files.firewall(home.addresses.aws_port),
        "cni/10-pods.conflist": files.cni(),
    }.items():
        _public(shared / name, text)
    _secret(home.kubeconfig, files.kubeconfig(home.kube_url, keys, "admin"))


def _public(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
