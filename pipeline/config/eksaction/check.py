"""What is asked for in vain where CodePipeline's EKS action deploys: all that only Shipline's deployer does."""

from collections.abc import Iterator

from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.model import PipelineConfig
from pipeline.config.problems import Finding, Path
from pipeline.config.service import ChartDelivery, ConnectedSource, Service
from pipeline.config.tools import TOOLS, own_buildspec

WITHOUT = "leave it out, or leave `deployer` out: Shipline's deployers do it"
OF_THE_SERVICE: dict[str, str] = {
    "gitops": "nobody commits and waits for a reconciler: CodePipeline's EKS action applies manifests",
    "scan": "nobody asks for the scan's findings: CodePipeline's EKS action deploys without a look",
    "sign": "nobody verifies signatures before CodePipeline's EKS action deploys",
    "sbom": "nobody asks for the SBOM before CodePipeline's EKS action deploys",
    "secrets": "CodePipeline's EKS action puts no Secret into a namespace",
    "observe": "the dashboard shows what deployers measure, and there are none",
}
OF_AN_ENVIRONMENT: dict[str, str] = {
    "timeout": "CodePipeline's EKS action waits for no rollout",
    "soak": "nobody watches a release that CodePipeline's EKS action has applied",
    "alarms": "nobody watches a release that CodePipeline's EKS action has applied",
    "rollout": "CodePipeline's EKS action applies a release at once",
    "freeze": "nobody holds a release back from CodePipeline's EKS action; `window` does",
    "prune": "CodePipeline's EKS action deletes nothing",
    "force_conflicts": "CodePipeline's EKS action runs `kubectl apply`, which knows no owners of fields",
    "other_namespaces": "CodePipeline's EKS action applies all objects in one namespace",
    "targets": "CodePipeline's EKS action deploys to the service's own cluster",
}


def findings(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if not service.by_action:
        return
    for key, wrong in OF_THE_SERVICE.items():
        if getattr(config, key):
            yield Finding((key,), wrong, WITHOUT)
    for index, environment in enumerate(config.environments):
        for key in OF_AN_ENVIRONMENT.keys() & environment.model_fields_set:
            yield Finding(("environments", index, key), OF_AN_ENVIRONMENT[key], WITHOUT)
    yield from _registry(service)
    yield from _previews(service)
    yield from _charts(config, service)
    yield from _unrendered(service)
    yield from _inside(service)


def _registry(service: Service) -> Iterator[Finding]:
    if service.registry.harbor:
        wrong = "nobody puts the Secret that pods pull with into the namespaces"
        yield Finding(("registry", "harbor"), wrong, "keep the images in ECR, or leave `deployer` out")
    if service.registry.keep:
        wrong = "nobody marks what environments run, which CodePipeline's EKS action releases"
        yield Finding(("registry", "keep"), wrong, "leave `keep` out: without it far more images stay")


def _previews(service: Service) -> Iterator[Finding]:
    source = service.source
    asked = source.pull_requests if isinstance(source, ConnectedSource) else None
    if asked and asked.preview:
        where: Path = ("source", "pull_requests", "preview")
        yield Finding(where, "previews are deployed by Shipline's deployer alone", WITHOUT)


def _charts(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    for position, item in enumerate(service.environments[0].deliveries):
        if isinstance(item, ChartDelivery):
            where: Path = ("deploy", position, "chart") if config.deploy is not None else ("deployer",)
            wrong = (
                f"the digests of a release get into the values of the chart {item.chart} by Shipline's deployer alone"
            )
            yield Finding(where, wrong, "deliver manifests or kustomizations, or leave `deployer` out")


def _unrendered(service: Service) -> Iterator[Finding]:
    """The build renders what the action applies."""
    buildspec = own_buildspec(service)
    if buildspec is not None and TOOLS not in buildspec:
        own = service.build.buildspec
        wrong = f"{own} does not run Shipline's tools ({TOOLS}), which render the manifests with their digests"
        yield Finding(("deployer",), wrong, "begin with the toolkit's buildspec/build.yaml, or leave `deployer` out")


def _inside(service: Service) -> Iterator[Finding]:
    plan = service.cluster
    if isinstance(plan, ClusterPlan) and plan.from_inside and plan.network.nat == "none":
        wrong = "CodePipeline's EKS action would run where nothing leads out, and AWS does not tell what it needs there"
        yield Finding(("deployer",), wrong, "give the cluster's network a NAT gateway, or leave `deployer` out")
