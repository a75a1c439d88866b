"""The targets' model → their places. Finds no fault: check.py does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.config.service import Target as Environment
from pipeline.config.targets.model import Target
from pipeline.config.targets.plan import Place


@dataclass(frozen=True)
class Home:
    """Where the pipeline is, as far as that is known."""

    account: str | None = None
    region: str | None = None


def places(service: str, environment: str, namespace: str, targets: Iterable[Target], home: Home) -> tuple[Place, ...]:
    return tuple(_place(service, environment, namespace, target, home) for target in targets)


def on_cluster(environments: Iterable[Environment], cluster: str) -> Mapping[str, Environment]:
    """The environments that are released to the service's own cluster, by name, as they are there."""
    parts = [part for environment in environments for part in environment.parts]
    return {part.name: part for part in parts if part.is_on(cluster)}


def _place(service: str, environment: str, namespace: str, target: Target, home: Home) -> Place:
    name = target.name or target.cluster
    return Place(
        name=name,
        cluster=target.cluster,
        account=None if target.account == home.account else target.account,
        region=None if target.region == home.region else target.region,
        namespace=target.namespace or namespace,
        wave=target.wave,
        external_id=target.external_id or f"{service}/{environment}/{name}",
    )
