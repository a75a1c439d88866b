"""How one environment is delivered by commits."""

from dataclasses import dataclass
from typing import Literal

# (API group, plural) of the object that tells how a reconciler fares
OBJECTS = {"argocd": ("argoproj.io", "applications"), "flux": ("kustomize.toolkit.fluxcd.io", "kustomizations")}
KINDS = {"argocd": "Argo CD's Application", "flux": "Flux's Kustomization"}


@dataclass(frozen=True)
class GitOpsPlan:
    repository: str
    branch: str
    path: str
    by: Literal["argocd", "flux"]
    application: str
    namespace: str

    @property
    def reads(self) -> tuple[str, str]:
        """(API group, plural) of the one kind that the deployer reads."""
        return OBJECTS[self.by]

    @property
    def told(self) -> str:
        return f"{KINDS[self.by]} {self.namespace}/{self.application}"


def group_of(service: str, environment: str) -> str:
    """The Kubernetes group that the environment's deployer comes in."""
    return f"shipline:{service}-{environment}"
