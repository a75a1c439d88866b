"""A place and a kubeconfig -> the deployer's world. Nothing is imported here that a release may not need."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cli.engine.place import Place
from cli.errors import CommandError
from cli.kubeconfig.access import Access
from deployer.bump.references import Image
from deployer.kube.client import Endpoint, Kube
from deployer.kube.errors import NotFound
from deployer.objects import Object
from deployer.render import Tools
from deployer.target import Source, Target
from deployer.values import dataclass
from deployer.vault import VERSION, with_note

KEPT = ("apiVersion", "kind", "type", "data", "immutable")


class AnyRegistry:
    """A laptop's cluster pulls from wherever it can: what is checked is that every image goes by its digest."""

    def check(self, images: Iterable[Image]) -> None:
        for _ in images:
            continue


@dataclass(frozen=True)
class LiveSecrets:
    """The secrets that the pipeline fills, as they are in the namespace: a release from here leaves them so."""

    kube: Kube
    namespace: str
    names: tuple[str, ...]

    def secrets(self) -> list[Object]:
        return [self._secret(name) for name in sorted(self.names)]

    def _secret(self, name: str) -> Object:
        try:
            live = self.kube.get(f"/api/v1/namespaces/{self.namespace}/secrets/{name}", subject=f"Secret {name}")
        except NotFound as absent:
            raise CommandError(
                f"secret {name} of pipeline.yaml is not in namespace {self.namespace} yet",
                "the pipeline's first release makes it; or make it yourself with kubectl create secret",
            ) from absent
        found: dict[str, Any] = {key: live[key] for key in KEPT if key in live}
        version = (live["metadata"].get("annotations") or {}).get(VERSION)
        secret: Object = {**found, "metadata": {"name": name}}
        return with_note(secret, version) if version else secret


def connect(access: Access, patience: float) -> Kube:
    """A client of the cluster; nothing is sent yet."""
    return Kube(
        Endpoint(access.url, "", access.identity.name), access.identity.bearer, patience=patience, tls=access.tls
    )


def target_of(place: Place, repositories: Mapping[str, str], deliveries: tuple[Source, ...]) -> Target:
    return Target(
        service=place.service,
        environment=place.environment,
        name=place.target,
        namespace=place.namespace,
        cluster="",
        region="",
        ledger="",
        images=dict(repositories),
        deliveries=deliveries,
        patience=place.patience,
        prune_share=place.prune_share,
        force_conflicts=place.force_conflicts,
        other_namespaces=place.other_namespaces,
        history=place.history,
    )


def find_tools(environ: Mapping[str, str]) -> Tools:
    """helm and kubectl as absolute paths: of the layer that `make tools` unpacked, or else of the PATH."""
    cache = Path(environ.get("SHIPLINE_CACHE") or Path.home() / ".cache" / "shipline")
    return Tools(*(_tool(name, cache / "tools" / "layer" / name / name, environ) for name in ("helm", "kubectl")))


def _tool(name: str, ours: Path, environ: Mapping[str, str]) -> str:
    if os.access(ours, os.X_OK):
        return str(ours)
    return shutil.which(name, path=environ.get("PATH")) or name
