"""Where an environment's configuration is, and what reconciles it."""

from typing import Any, Literal, cast

from deployer.values import dataclass

Reconciler = Literal["argocd", "flux"]


@dataclass(frozen=True)
class Place:
    repository: str
    branch: str
    path: str  # the folder whose files may be changed; "." is all of it
    by: Reconciler
    application: str  # the Argo CD Application, or the Flux Kustomization
    namespace: str  # that object's

    def holds(self, path: str) -> bool:
        """Whether a file of the repository is in the folder."""
        return self.path == "." or path.startswith(f"{self.path}/")


def read_place(data: dict[str, Any]) -> Place:
    """KeyError or ValueError when it is none."""
    if data["by"] not in ("argocd", "flux"):
        raise ValueError(f"reconciler {data['by']!r}")
    words = {key: str(data[key]) for key in ("repository", "branch", "path", "application", "namespace")}
    return Place(by=cast(Reconciler, data["by"]), **words)
