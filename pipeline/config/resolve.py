"""PipelineConfig and the service's folder → Service. Reads names of files only, and finds no fault: check.py does."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pipeline.config import building, kept, model, platforms, signing, sources
from pipeline.config.bases.plan import Base
from pipeline.config.builders.resolve import docker_server, steps
from pipeline.config.cluster.model import ExistingCluster as Existing
from pipeline.config.cluster.resolve import resolve as resolve_cluster
from pipeline.config.conditions.resolve import resolve as resolve_conditions
from pipeline.config.freeze import frozen_times
from pipeline.config.gitops import resolve as gitops
from pipeline.config.namespaces import rules
from pipeline.config.previews.model import resolve as resolve_previews
from pipeline.config.registry.resolve import resolve as resolve_registry
from pipeline.config.rollout import resolve as rollout
from pipeline.config.service import (
    ApprovalGate,
    BuildNetwork,
    BuildProject,
    ChartDelivery,
    CodeCommitSource,
    ConnectedSource,
    CoverageGate,
    DeliveryItem,
    DeployerFunction,
    ImageSource,
    KustomizeDelivery,
    ManifestsDelivery,
    Notices,
    Patterns,
    PullRequests,
    S3Source,
    ScanGate,
    SecretReference,
    Service,
    SlackChannel,
    Source,
    Target,
    TeamsChannel,
    Tests,
    Watch,
)
from pipeline.config.targets.resolve import Home, on_cluster, places
from pipeline.config.telling import Notify, Observe
from pipeline.config.window import Window

BUILD_SPEC = "buildspec/build.yaml"
VERIFY_SPEC = "buildspec/verify.yaml"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def resolve(config: model.PipelineConfig, folder: Path, home: Home) -> Service:
    deliveries = config.deploy if config.deploy is not None else found_deliveries(folder, config)
    environments = tuple(
        _target(config, environment, deliveries, last=index == len(config.environments) - 1, folder=folder, home=home)
        for index, environment in enumerate(config.environments)
    )
    written = config.images if config.images is not None else found_images(folder, config.name)
    images = tuple(_image(name, image) for name, image in sorted(written.items()))
    here = on_cluster(environments, config.cluster.existing if isinstance(config.cluster, Existing) else config.name)
    source = _source(config)
    functions = config.deployer if isinstance(config.deployer, model.Deployer) else model.Deployer()
    return Service(
        name=config.name,
        folder=folder,
        source=source,
        images=images,
        tests=_tests(config.test),
        build=_build(config.build, folder, images, source.folder),
        scan=_scan(config.scan),
        signing=signing.resolve(config.sign),
        environments=environments,
        secrets=kept.generated(config.secrets),
        mode=config.pipeline.mode,
        deployer=DeployerFunction(functions.timeout, functions.memory, functions.history),
        notices=_notices(config.notify),
        watch=_watch(config.observe, told=config.notify is not None),
        cluster=resolve_cluster(
            config.name,
            config.cluster,
            {name: target.namespace for name, target in here.items()},
            any(target.rules.isolate for target in here.values()) or _isolated(source),
        ),
        carried=_carried(environments, config.scan),
        sbom=config.sbom,
        chosen=frozenset(_left_out(config)),
        registry=resolve_registry(config.name, config.registry),
        by_action=isinstance(config.deployer, str),
    )


def _source(config: model.PipelineConfig) -> Source:
    source = config.source
    bases = tuple(Base(each.repository, each.tag, each.argument) for each in source.base_images)
    if isinstance(source, sources.CodeCommit):
        repository, folder = source.codecommit or config.name, source.folder or ""
        return CodeCommitSource(repository, source.branch, folder, source.existing, bases)
    if isinstance(source, sources.S3):
        return S3Source(source.s3, source.key, source.folder or "", source.existing, bases)
    host: Literal["github", "gitlab", "bitbucket"]
    match source:
        case sources.GitHub():
            host, where = "github", source.github
        case sources.GitLab():
            host, where = "gitlab", source.gitlab
        case sources.Bitbucket():
            host, where = "bitbucket", source.bitbucket
    owner, _, repository = where.rpartition("/")
    push, checked = source.push or sources.Push(), source.pull_requests
    branches, paths, tags = _patterns(push.branches), _patterns(push.paths), _patterns(push.tags)
    if source.folder and paths == tags == Patterns():
        paths = Patterns(include=(f"{source.folder}/**",))
    some = branches != Patterns() or (tags != Patterns() and paths == Patterns())
    return ConnectedSource(
        host=host,
        owner=owner,
        repository=repository,
        connection=source.connection,
        branch=source.branch,
        branches=branches if some else Patterns(include=(source.branch,)),
        paths=paths,
        tags=tags,
        folder=source.folder or "",
        pull_requests=_pull_requests(config, source.branch, checked) if checked else None,
        bases=bases,
    )


def _pull_requests(config: model.PipelineConfig, branch: str, wanted: sources.PullRequests) -> PullRequests:
    previews = resolve_previews(wanted.preview, config.environments[0].name)
    return PullRequests(wanted.into or (branch,), wanted.forks, previews)


def _isolated(source: Source) -> bool:
    """Whether previews are."""
    asked = source.pull_requests if isinstance(source, ConnectedSource) else None
    return bool(asked and asked.preview and asked.preview.rules.isolate)


def _patterns(given: sources.Filter | None) -> Patterns:
    return Patterns(given.include or (), given.exclude or ()) if given else Patterns()


def found_images(folder: Path, service: str) -> dict[str, building.Image]:
    """`app/<name>/Dockerfile` is the image <name>; `app/Dockerfile` is the service's only one."""
    found = {path.parent.name: f"app/{path.parent.name}" for path in sorted(folder.glob("app/*/Dockerfile"))}
    if not found and (folder / "app" / "Dockerfile").is_file():
        found = {service: "app"}
    return {name: building.Image(context=context) for name, context in found.items()}


def found_deliveries(folder: Path, config: model.PipelineConfig) -> tuple[model.Delivery, ...]:
    """Overlays before a kustomization before plain manifests; then each chart."""
    found: list[model.Delivery] = []
    if (folder / "manifests" / "overlays").is_dir():
        found.append(model.Kustomize(kustomize="manifests/overlays/{environment}"))
    elif has_kustomization(folder / "manifests"):
        found.append(model.Kustomize(kustomize="manifests"))
    elif has_manifests(folder / "manifests"):
        found.append(model.Manifests(manifests="manifests"))
    for chart in sorted(folder.glob("charts/*/Chart.yaml")):
        path = f"charts/{chart.parent.name}"
        values = f"{path}/values-{{environment}}.yaml"
        written = [(folder / values.replace("{environment}", e.name)).is_file() for e in config.environments]
        found.append(model.Chart(chart=path, values=(values,) if any(written) else ()))
    return tuple(found)


def has_kustomization(folder: Path) -> bool:
    return any((folder / name).is_file() for name in KUSTOMIZATIONS)


def has_manifests(path: Path) -> bool:
    files = [path] if path.is_file() else path.rglob("*") if path.is_dir() else []
    return any(file.suffix in (".yaml", ".yml", ".json") for file in files)


def _image(name: str, image: building.Image) -> ImageSource:
    secrets = tuple(SecretReference(id_, each.reference, each.key) for id_, each in sorted(image.secrets.items()))
    args = tuple(sorted(image.args.items()))
    return ImageSource(name, image.context, image.dockerfile, args, secrets, platforms.normal(image.platforms))


def _build(build: building.Build, folder: Path, images: tuple[ImageSource, ...], inside: str) -> BuildProject:
    """`inside`: the service's folder in its repository."""
    buildspec = build.buildspec or (BUILD_SPEC if (folder / BUILD_SPEC).is_file() else None)
    network = BuildNetwork(build.vpc.id, build.vpc.subnets, build.vpc.security_groups) if build.vpc else None
    arm = platforms.on_arm(images)
    made = BuildProject(buildspec, build.compute, build.timeout, build.queue_timeout, network, arm, build.cache)
    return replace(made, docker_server=docker_server(build.docker_server), steps=steps(build.steps, inside))


def _tests(test: building.Test | None) -> Tests:
    if test is None:
        return Tests("", building.Test(command="-").reports)
    asked = test.coverage
    return Tests(test.command, test.reports, CoverageGate(asked.lines, asked.branches, asked.report) if asked else None)


def _target(
    config: model.PipelineConfig,
    environment: model.Environment,
    deliveries: tuple[model.Delivery, ...],
    *,
    last: bool,
    folder: Path,
    home: Home,
) -> Target:
    wished = environment.window
    by_commit = gitops.plan(config.gitops, config.name, environment.name)
    several_charts = sum(isinstance(delivery, model.Chart) for delivery in deliveries) > 1
    namespace = environment.namespace or f"{config.name}-{environment.name}"
    return Target(
        name=environment.name,
        namespace=namespace,
        approval=_approval(config, environment, last),
        verify=_verify(environment, folder),
        wait=environment.timeout,
        deliveries=tuple(
            _delivery(config.name, environment.name, item, several_charts) for item in deliveries if by_commit is None
        ),
        prune_share=environment.prune / 100,
        force_conflicts=environment.force_conflicts,
        other_namespaces=environment.other_namespaces,
        window=Window(wished.days, wished.hours, wished.zone) if wished else None,
        conditions=resolve_conditions(config.name, environment.name, environment.conditions),
        on_failure=environment.on_failure,
        freeze=frozen_times(environment.freeze),
        soak=environment.soak,
        alarms=environment.alarms,
        rollout=rollout.plan(environment.rollout),
        secrets=kept.referenced(config.secrets, environment.name),
        rules=rules(environment.pod_security, environment.quota, environment.isolate),
        gitops=by_commit,
        targets=places(config.name, environment.name, namespace, environment.targets, home),
    )


def _approval(config: model.PipelineConfig, environment: model.Environment, last: bool) -> ApprovalGate | None:
    wanted = environment.approve
    if wanted is None:
        wanted = last and len(config.environments) > 1
    if isinstance(wanted, bool):
        wanted = model.Approval() if wanted else None
    if wanted is None:
        return None
    return ApprovalGate(wanted.message or f"Release {config.name} to {environment.name}?", wanted.expires)


def _verify(environment: model.Environment, folder: Path) -> str | None:
    if environment.verify is None:
        return VERIFY_SPEC if (folder / VERIFY_SPEC).is_file() else None
    return environment.verify or None


def _delivery(service: str, environment: str, item: model.Delivery, several_charts: bool) -> DeliveryItem:
    def here(path: str) -> str:
        return path.replace("{environment}", environment)

    match item:
        case model.Kustomize():
            return KustomizeDelivery(here(item.kustomize))
        case model.Manifests():
            return ManifestsDelivery(here(item.manifests))
        case model.Chart():
            chart = here(item.chart)
            values = tuple(here(path) for path in item.values)
            made = ChartDelivery(chart, item.release or service, values, tuple(item.images.items()), item.push)
            return made if item.release or not several_charts else replace(made, release=f"{service}-{made.name}")


def _scan(scan: model.Scan | None) -> ScanGate | None:
    return ScanGate(scan.block, scan.unscanned, scan.exceptions, scan.within) if scan else None


def _notices(notify: Notify | None) -> Notices | None:
    if notify is None:
        return None
    slack, teams = notify.slack, notify.teams
    return Notices(
        mail=notify.mail,
        slack=SlackChannel(slack.workspace, slack.channel) if slack else None,
        teams=TeamsChannel(teams.tenant, teams.team, teams.channel) if teams else None,
        topic=notify.topic,
        on=notify.on,
    )


def _watch(observe: Observe | bool, *, told: bool) -> Watch | None:
    """`told`: somebody hears of alarms."""
    if not observe:
        return None
    how = observe if isinstance(observe, Observe) else Observe()
    return Watch(told if how.alarms is None else how.alarms, how.longest)


def _carried(environments: tuple[Target, ...], scan: model.Scan | None) -> tuple[str, ...]:
    """The top folders of all that an environment needs: a kustomization may reach for its base beside it."""
    paths: set[str] = {scan.exceptions} if scan and scan.exceptions else set()
    for target in environments:
        paths.update({target.verify} if target.verify else set())
        for item in target.deliveries:
            match item:
                case ChartDelivery():
                    paths.update(item.files)
                case KustomizeDelivery() | ManifestsDelivery():
                    paths.add(item.path)
    return tuple(sorted({path.partition("/")[0] for path in paths}))


def _left_out(config: model.PipelineConfig) -> set[str]:
    written = config.model_fields_set
    missing = {key for key in type(config).model_fields if key not in written}
    for environment in config.environments:
        missing.update(
            f"{environment.name}.{key}"
            for key in type(environment).model_fields
            if key not in environment.model_fields_set
        )
    return missing
