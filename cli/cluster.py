"""What runs in the cluster, by the official client: pods by digest, and an answer over HTTP from one of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.errors import CommandError


@dataclass(frozen=True)
class RunningPod:
    namespace: str
    name: str
    image: str  # as the node pulled it, repository@digest
    ready: bool


class Cluster:
    def __init__(self, kubeconfig: Path) -> None:
        from kubernetes import client, config  # a second: only for the commands that look into the cluster

        if not kubeconfig.exists():
            raise CommandError("there is no cluster on this machine", "shipline up")
        settings: Any = client.Configuration()
        config.load_kube_config(  # type: ignore[no-untyped-call]
            config_file=str(kubeconfig), client_configuration=settings
        )
        self._core: Any = client.CoreV1Api(client.ApiClient(settings))

    def pods(self, namespace: str) -> list[RunningPod]:
        """Those that are meant to stay: neither ending nor ended."""
        found = []
        for pod in self._core.list_namespaced_pod(namespace).items:
            if pod.metadata.deletion_timestamp or pod.status.phase in ("Succeeded", "Failed"):
                continue
            for container in pod.status.container_statuses or []:
                found.append(RunningPod(namespace, pod.metadata.name, container.image_id, bool(container.ready)))
        return sorted(found, key=lambda pod: pod.name)

    def get(self, namespace: str, pod: str, port: int, path: str) -> str:
        """The body of a pod's answer, through the API server's proxy."""
        answer = self._core.connect_get_namespaced_pod_proxy_with_path(
            f"{pod}:{port}", namespace, path.lstrip("/"), _preload_content=False, _request_timeout=10
        )
        text: str = answer.data.decode()
        return text
