"""Which kinds the server knows, and at which path each object is: two discovery requests an invocation."""

from dataclasses import dataclass
from typing import Any

from deployer.errors import Fatal
from deployer.kube.client import Kube
from deployer.objects import Key

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of one object, or of the collection when `name` is empty."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        within = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{base}{within}/{self.plural}" + (f"/{name}" if name else "")


class Resources:
    """The server's kinds as they were when asked; `refresh` after custom resource definitions were applied."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._known: dict[tuple[str, str, str], Resource] = {}
        self._preferred: dict[tuple[str, str], Resource] = {}
        self.refresh()

    def refresh(self) -> None:
        known: dict[tuple[str, str, str], Resource] = {}
        preferred: dict[tuple[str, str], Resource] = {}
        answers = self._kube.map(lambda path: self._kube.request("GET", path, accept=AGGREGATED), ["/api", "/apis"])
        for resource in (found for answer in answers for found in _read(answer)):
            known[resource.group, resource.version, resource.kind] = resource
            preferred.setdefault((resource.group, resource.kind), resource)
        self._known, self._preferred = known, preferred

    def find(self, key: Key) -> Resource | None:
        return self._known.get((key.group, key.version, key.kind))

    def of(self, key: Key) -> Resource:
        """The resource of an object; Fatal when the server does not know its kind."""
        found = self.find(key)
        if found is None:
            raise Fatal(
                f"the cluster does not know {key.kind} of {key.group or 'v1'}/{key.version}.",
                subject=str(key),
                remedy="Check apiVersion and kind, or install the custom resource definition first.",
                kind="ConfigurationError",
            )
        return found

    def any_version(self, group: str, kind: str) -> Resource | None:
        """The server's preferred version of a kind: what an inventory written by an older release is read with."""
        return self._preferred.get((group, kind))

    def capabilities(self) -> list[str]:
        """Helm's Capabilities.APIVersions: `apps/v1` and `apps/v1/Deployment`."""
        names: set[str] = set()
        for group, version, kind in self._known:
            at = f"{group}/{version}" if group else version
            names.update((at, f"{at}/{kind}"))
        return sorted(names)


def _read(answer: dict[str, Any]) -> list[Resource]:
    found = []
    for group in answer.get("items") or []:
        for version in group.get("versions") or []:
            for item in version.get("resources") or []:
                kind = (item.get("responseKind") or {}).get("kind") or ""
                found.append(
                    Resource(
                        group["metadata"].get("name") or "",
                        version["version"],
                        kind,
                        item["resource"],
                        item.get("scope") == "Namespaced",
                    )
                )
    return found
