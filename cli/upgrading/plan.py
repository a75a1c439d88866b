"""The definition, what is live, two versions of Kubernetes → the steps between them. Pure."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from cli.upgrading.live import Live
from pipeline.config import Service
from pipeline.config.cluster.equipment.known import CORE
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.cluster.versions import CALENDAR, KUBECTL
from pipeline.config.retired import TABLE

KUBELET_BEHIND = 3  # minor versions that a node may be older than the control plane
SAME_WAY = "yes, the same way, with the version before"
Versions = tuple[str, str | None]  # of an add-on: its own, empty where EKS chose it, and the one to come
ROLLBACK = (
    "for 7 days: write the version before, and deploy; EKS rolls the control plane back by one minor version, once"
    " add-ons and nodes fit it. What is stored in the cluster stays as it is then"
)


@dataclass(frozen=True)
class Step:
    """`undo`: whether, and how, it can be taken back."""

    title: str
    told: tuple[str, ...]
    commands: tuple[str, ...]
    undo: str


@dataclass(frozen=True)
class Upgrade:
    cluster: str
    now: str
    to: str
    support: tuple[str, ...]
    steps: tuple[Step, ...]


def minor(version: str) -> int:
    return int(version.partition(".")[2])


def make(service: Service, cluster: ClusterPlan, live: Live, to: str) -> Upgrade:
    """From `live.version`; of a `live` without add-ons and groups, the definition says which there are. Where the
    control plane is there already, only what has stayed behind is left."""
    path = [f"1.{number}" for number in range(minor(live.version) + 1, minor(to) + 1)]
    steps = _whole(service, cluster, live, path) if path else _left_behind(service, cluster, live)
    known = [version for version in dict.fromkeys((live.version, to)) if version in CALENDAR]
    return Upgrade(cluster.name, live.version, to, tuple(map(_support, known)), tuple(steps))


def _whole(service: Service, cluster: ClusterPlan, live: Live, path: list[str]) -> Iterator[Step]:
    to = path[-1]
    early = {name: now for name, now in live.addons.items() if now.fits is False and now.both}
    late = {name: version for name, version in live.groups.items() if minor(version) < minor(to) - KUBELET_BEHIND}
    yield _look(cluster, live.version, to)
    if early:
        yield _addons(service, cluster, {name: (now.version, now.both) for name, now in early.items()}, first=True)
    yield from _nodes(cluster, late, live.version)
    for version in path:
        yield _control_plane(service, cluster, version)
    yield _release(service)
    rest = _rest(cluster, live, early)
    if rest:
        yield _addons(service, cluster, rest, first=False)
    yield from _left_alone(cluster, {*live.addons, *rest})
    yield from _nodes(cluster, _behind(cluster, live, to), to)
    if cluster.auto:
        yield _auto()


def _left_behind(service: Service, cluster: ClusterPlan, live: Live) -> Iterator[Step]:
    unfit = {name: (now.version, now.default) for name, now in live.addons.items() if now.fits is False}
    if unfit:
        yield _addons(service, cluster, unfit, first=False)
    yield from _nodes(cluster, {name: each for name, each in live.groups.items() if each != live.version}, live.version)


def _rest(cluster: ClusterPlan, live: Live, early: Iterable[str]) -> dict[str, Versions]:
    """The add-ons that come after the control plane, unless they are as EKS would have them."""
    if not live.addons:
        return {addon.name: (addon.version or "", None) for addon in cluster.equipment.addons}
    later = {name: now for name, now in live.addons.items() if name not in early}
    return {name: (now.version, now.default) for name, now in later.items() if now.version != now.default}


def _behind(cluster: ClusterPlan, live: Live, to: str) -> dict[str, str]:
    if not live.groups and not cluster.auto:
        return {group.name or "NODEGROUP": live.version for group in cluster.nodes}
    return {name: version for name, version in live.groups.items() if minor(version) < minor(to)}


def _look(cluster: ClusterPlan, now: str, to: str) -> Step:
    gone = [each for each in TABLE if minor(now) < minor(each.since) <= minor(to)]
    lost = [f"{each.since} has no {each.version} {' '.join(sorted(each.kinds))}".rstrip() for each in gone]
    told = (
        "What this service delivers asks for nothing that is gone: its manifests and charts were looked through.",
        *(f"{each}." for each in lost),
        "What others have put into the cluster, EKS looks through.",
    )
    command = f"aws eks list-insights --cluster-name {cluster.name} --filter kubernetesVersions={to}"
    return Step("look for what the new version lacks", told, (command,), "it changes nothing")


def _control_plane(service: Service, cluster: ClusterPlan, version: str) -> Step:
    told = ["One minor version at a time; the API server answers meanwhile, and pods run on."]
    if any(target.rules.pod_security for target in service.environments):
        told.append(f"Namespaces with `pod_security` are then held to what {version} takes the standard to be.")
    if abs(minor(version) - minor(KUBECTL)) > 1:
        told.append(f"The deployer's kubectl {KUBECTL} is for its neighbours alone: release nothing at this version.")
    commands: tuple[str, ...] = (
        f'version: "{version}" in pipeline.yaml',
        "shipline plan",
        f"cdk deploy {service.name}-cluster",
    )
    if version not in CALENDAR:
        commands = (f"aws eks update-cluster-version --name {cluster.name} --kubernetes-version {version}",)
    return Step(f"control plane to {version}", tuple(told), commands, ROLLBACK)


def _release(service: Service) -> Step:
    names = ", ".join(target.name for target in service.environments)
    told = (
        f"Let a release pass {names}, and watch it, before what follows: until then going back takes one step.",
        "The delivery stack needs no new deployment for it.",
    )
    return Step("release, and wait", told, (f"shipline releases {service.name}",), "it is a release like any other")


def _addons(service: Service, cluster: ClusterPlan, addons: dict[str, Versions], *, first: bool) -> Step:
    """`first`: before the control plane, which they would not fit; to what fits both versions of Kubernetes."""
    written = {addon.name for addon in cluster.equipment.addons if addon.version}
    told = [f"{name}: {now or 'as EKS chose it'} → {to or 'what EKS has for it'}" for name, (now, to) in addons.items()]
    here = [f"{name}: {addons[name][1] or 'VERSION'}" for name in addons if name in written]
    commands = [f"addons: {{{', '.join(here)}}} in pipeline.yaml", f"cdk deploy {service.name}-cluster"] if here else []
    of = f"aws eks update-addon --cluster-name {cluster.name} --resolve-conflicts OVERWRITE"
    commands += [
        f"{of} --addon-name {name} --addon-version {to or 'VERSION'}"
        for name, (_, to) in addons.items()
        if name not in written
    ]
    title = "add-ons that the new version would not take" if first else "add-ons"
    last = "EKS replaces their pods a few at a time; `aws eks describe-addon-versions` lists their versions."
    return Step(title, (*told, last), tuple(commands), SAME_WAY)


def _left_alone(cluster: ClusterPlan, addons: Container[str]) -> Iterator[Step]:
    alone = [] if cluster.auto else [name for name in CORE if name not in addons]
    if alone:
        told = (
            "EKS installed them with the cluster, and raises them no more.",
            "Under `addons` EKS looks after them, and their version can be chosen.",
        )
        written = ", ".join(f"{name}: true" for name in alone)
        yield Step(f"{', '.join(alone)}", told, (f"addons: {{{written}}} in pipeline.yaml",), "no: they stay add-ons")


def _nodes(cluster: ClusterPlan, groups: dict[str, str], to: str) -> Iterator[Step]:
    told = (
        "EKS starts new machines and drains the old ones; PodDisruptionBudgets hold it up.",
        f"Nodes may be {KUBELET_BEHIND} minor versions older than the control plane, and never newer.",
    )
    for name, version in sorted(groups.items()):
        named = f"--cluster-name {cluster.name} --nodegroup-name {name}"
        command = f"aws eks update-nodegroup-version {named} --kubernetes-version {to}"
        yield Step(f"node group {name}, {version} to {to}", told, (command,), SAME_WAY)


def _auto() -> Step:
    told = ("EKS Auto Mode replaces its machines by itself, within the bounds of PodDisruptionBudgets.",)
    return Step("machines of Auto Mode", told, (), "they go back with the control plane")


def _support(version: str) -> str:
    of = CALENDAR[version]
    return f"{version}: standard support until {of.standard}, extended support until {of.extended}"
