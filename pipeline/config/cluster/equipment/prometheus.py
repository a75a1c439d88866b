"""Amazon Managed Service for Prometheus: what may be written of it, its plan, and what AWS would refuse."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, StrictBool, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import Within, spell
from pipeline.config.problems import Finding

if TYPE_CHECKING:
    from pipeline.config.cluster.model import Cluster


class Prometheus(Model):
    """A workspace of Amazon Managed Service for Prometheus, and AWS's own collector, which scrapes the API server, what
    the kubelets say of nodes and containers, and each pod that is annotated `prometheus.io/scrape: "true"`, at its
    `prometheus.io/port` and `prometheus.io/path`. Nothing of it runs in the cluster: the collector has an address in
    each private subnet, and reads by an access entry that AWS makes for it. The stack's output `PrometheusEndpoint` is
    what Grafana asks, as a role of yours that may. The workspace, and what is in it, goes with the key."""

    retention: Annotated[timedelta, Within("1d", "1095d", by="the workspace")] = timedelta(days=150)
    """How long metrics are kept, in whole days."""
    every: Annotated[timedelta, Within("30s", "1h", by="us")] = timedelta(minutes=1)
    """How often they are read. Each sample is paid for."""


def _yes_no_or_how(value: Any) -> str:
    return "<how>" if isinstance(value, dict | Model) else "<yes-or-no>"


Collected = Annotated[
    Annotated[Prometheus, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")],
    Discriminator(_yes_no_or_how),
]


@dataclass(frozen=True)
class PrometheusPlan:
    days: int
    every: int  # seconds


def resolve(cluster: "Cluster") -> PrometheusPlan | None:
    said = Prometheus() if cluster.prometheus is True else cluster.prometheus
    return PrometheusPlan(said.retention.days, int(said.every.total_seconds())) if said else None


def findings(cluster: "Cluster") -> Iterator[Finding]:
    said = cluster.prometheus
    if isinstance(said, Prometheus) and said.retention.seconds:
        wrong = "a workspace keeps metrics for whole days"
        yield Finding(("cluster", "prometheus", "retention"), wrong, f"write {said.retention.days}d")


def tell(plan: PrometheusPlan) -> Iterator[str]:
    every = spell(timedelta(seconds=plan.every))
    yield f"  its Prometheus: read every {every}, kept for {plan.days} days; the stack's output PrometheusEndpoint"
