"""The delivery stack: everything between a push and a release that runs."""

from typing import Any

from aws_cdk import Stack
from aws_cdk.lambda_layer_kubectl_v36 import KubectlV36Layer
from constructs import Construct

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.service import ConnectedSource, Service
from pipeline.parts.artifacts import Artifacts
from pipeline.parts.build import build_name, build_project, build_tools
from pipeline.parts.charts import ChartRepositories
from pipeline.parts.code import deployer_code
from pipeline.parts.door import inside_of
from pipeline.parts.environment import environments
from pipeline.parts.inside import Inside
from pipeline.parts.ledger import ledger
from pipeline.parts.logs import pipeline_log
from pipeline.parts.notices import Told
from pipeline.parts.previews import Previews
from pipeline.parts.pull_requests import check_pull_requests
from pipeline.parts.registry import RegistrySettings
from pipeline.parts.release import Release
from pipeline.parts.repositories import Repositories
from pipeline.parts.shared import ClusterName, Deployers, Shared
from pipeline.parts.signing import signer
from pipeline.parts.watch import Watched


class DeliveryStack(Stack):
    """Needs the cluster and its namespaces to be there: it names them, and gives its roles access to them."""

    def __init__(self, scope: Construct, construct_id: str, service: Service, **kwargs: Any) -> None:
        super().__init__(
            scope, construct_id, description=f"Delivers {service.name} from a push to each environment", **kwargs
        )
        artifacts = Artifacts(self, "Artifacts")
        names = [image.name for image in service.images]
        repositories = Repositories(
            self,
            "Images",
            service.name,
            names,
            service.registry,
            signed=service.signing is not None,
            cached=service.build.cache,
            pulled_by=pulled_by(service),
        )
        charts = ChartRepositories(self, "Charts", service, repositories) if service.pushed else None
        if service.registry.cache or service.registry.copies:
            RegistrySettings(self, "Registry", service.name, service.registry)
        shared = Shared(
            cluster=ClusterName(service.cluster.name),
            artifacts=artifacts,
            repositories=repositories,
            functions=self._deployers(service),
            inside=self._inside(service),
            signer=signer(self, service, build_name(service)),
            charts=charts,
        )
        release = Release(self, "Release", service, artifacts)
        tools = build_tools(self)
        release.build(build_project(self, service, release.source, shared, tools))
        if isinstance(service.source, ConnectedSource) and service.source.pull_requests:
            source, wanted = service.source, service.source.pull_requests
            check_pull_requests(self, service, source, wanted, repositories, tools)
            if wanted.preview:
                Previews(self, service, (source, wanted, wanted.preview), shared, tools)
        for target in service.environments:
            release.environment(target, environments(self, service, target, shared))
        release.finish()
        topics = Told(self, "Told", service, service.notices).topics if service.notices else []
        if service.watch:
            Watched(self, "Watched", service, service.watch, topics)

    def _deployers(self, service: Service) -> Deployers | None:
        if service.by_action:
            pipeline_log(self, service.name)
            return None
        return Deployers(
            ledger=ledger(self, service.name),
            code=deployer_code(),
            tools=KubectlV36Layer(self, "KubectlAndHelm"),
        )

    def _inside(self, service: Service) -> Inside | None:
        plan = service.cluster
        if not isinstance(plan, ClusterPlan) or not plan.from_inside:
            return None
        return inside_of(self, service.name, plan.network.spread, builds=any(part.verify for part in service.here))


def pulled_by(service: Service) -> list[str]:
    """The other accounts that run the service's images."""
    return sorted({part.at.account for part in service.apart if part.at and part.at.account})
