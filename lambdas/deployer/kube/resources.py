"""Which kinds the server knows, and at which path each object is: two discovery requests an invocation."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from deployer.errors import Fatal
from deployer.kube.call import Call, Json
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError
from deployer.objects import Key
from deployer.values import dataclass

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of one object, or of the collection when `name` is empty; of all namespaces when that is."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        within = f"/namespaces/{_segment(namespace)}" if self.namespaced and namespace else ""
        return f"{base}{within}/{self.plural}" + (f"/{_segment(name)}" if name else "")


class Resources:
    """The server's kinds as they were when asked; `refresh` after custom resource definitions were applied."""

    def __init__(self, kube: Kube, answers: Sequence[Json | ApiError] | None = None) -> None:
        """`answers` to `calls`, when they were asked already."""
        self._kube = kube
        self._known: dict[tuple[str, str, str], Resource] = {}
        self._preferred: dict[tuple[str, str], Resource] = {}
        self._learn(kube.many(self.calls()) if answers is None else answers)

    @staticmethod
    def calls() -> list[Call]:
        return [Call("GET", path, accept=AGGREGATED) for path in ("/api", "/apis")]

    def refresh(self) -> None:
        self._learn(self._kube.many(self.calls()))

    def _learn(self, answers: Sequence[Json | ApiError]) -> None:
        """ApiError when one was refused."""
        for answer in answers:
            if isinstance(answer, ApiError):
                raise answer
        known: dict[tuple[str, str, str], Resource] = {}
        preferred: dict[tuple[str, str], Resource] = {}
        for resource in (found for answer in answers if isinstance(answer, dict) for found in _read(answer)):
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


def _segment(name: str) -> str:
    """One segment of a path: what the API server takes for a name at all, and nothing that leads elsewhere."""
    if name in (".", "..") or "/" in name or "%" in name:
        raise Fatal(f"{name!r} is no name of an object.", remedy="Leave out `/` and `%`.", kind="ConfigurationError")
    return quote(name, safe=":")


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
