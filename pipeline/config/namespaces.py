"""What an environment's namespace holds its pods to: as it may be written, and as the cluster stack gets it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from pipeline.config.base import Model
from pipeline.config.kinds import shaped

PodSecurity = Literal["restricted", "baseline", "privileged"]


class Quota(Model):
    """A ResourceQuota: what all pods of an environment together may ask for. While a rollout goes on, the old pods and
    the new ones count. Pods that ask for nothing would be refused, so a LimitRange makes their containers ask for 100m
    of CPU and 128Mi of memory."""

    cpu: (
        Annotated[str, shaped(r"^([1-9]\d*m?|\d+\.\d{1,3})$", 'write CPUs in quotes: "10", "1.5" or "500m"', 20)] | None
    ) = None
    """The sum of the CPU requests."""
    memory: Annotated[str, shaped(r"^[1-9]\d*(Mi|Gi|Ti)$", "write it as in 512Mi or 20Gi", 20)] | None = None
    """The sum of the memory requests."""
    pods: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = None
    """How many pods there may be."""


@dataclass(frozen=True)
class NamespaceRules:
    """`quota` as key and value, in the words of pipeline.yaml."""

    pod_security: PodSecurity | None = None
    quota: tuple[tuple[str, str], ...] = ()
    isolate: bool = False


def rules(pod_security: PodSecurity | None, quota: Quota | None, isolate: bool) -> NamespaceRules:
    said = quota.model_dump(exclude_none=True) if quota else {}
    return NamespaceRules(pod_security, tuple((key, str(value)) for key, value in said.items()), isolate)
