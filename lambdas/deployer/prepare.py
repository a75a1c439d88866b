"""Artifact -> what is wanted: the stages that write nothing to a cluster."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from deployer.completion import Where, complete
from deployer.desired import Desired
from deployer.errors import Fatal
from deployer.gates.admission import admitted
from deployer.inventory import Journal
from deployer.kube.errors import NotFound
from deployer.ledger import UNSCANNED, Entry
from deployer.memo import Memo
from deployer.plan import Plan
from deployer.release import Release
from deployer.render import Surroundings, render
from deployer.renewal.pods import followed, renewed, secrets_of, versions
from deployer.target import Source
from deployer.values import dataclass
from deployer.world import Request, World


@dataclass(frozen=True)
class Prepared:
    """`scan`: what the scans of its images have shown, in a few words."""

    release: Release
    desired: Desired
    scan: str = UNSCANNED


@dataclass(frozen=True)
class Planned:
    prepared: Prepared
    plan: Plan


def prepare(world: World, request: Request, journal: Journal) -> Prepared:
    """Fetch, resolve, bump, render: Fatal for whatever is wrong with what the build made.

    Documents that `journal` knows are not read.
    """
    if again := again_of(request, journal):
        return _again(world, again, journal.set_of(again))
    with tempfile.TemporaryDirectory(prefix="artifact-") as name:
        folder = Path(name)
        request.fetch(folder)
        release, scan = admitted(world, folder)
        around = _surroundings(world)
        named = release.references(world.target.also)
        rendered = [render(folder, source, named, world.tools, around) for source in _sources(world, release, folder)]
    secrets = world.vault.secrets()
    brought = [item for each in rendered for item in each.objects]
    hooks = [hook.object for each in rendered if each.chart for hook in each.chart.hooks]
    world.redactor.learn_objects([*secrets, *brought, *hooks])
    namespace, member_of = world.target.namespace, world.inventory.id
    where = Where(namespace, frozenset(world.target.other_namespaces), member_of, lambda: _may_own(world))
    memo = Memo(world.inventory.key, journal.members, release.images, (namespace, member_of, *sorted(where.others)))
    desired = complete(rendered, secrets, world.cluster.resources, where, memo)
    desired = followed(desired, namespace, world.inventory.key)
    world.redactor.learn_objects(item.object for item in desired.items if item.is_read)
    if world.target.progressive:
        from deployer.canary.parts import parts_of

        parts_of(desired, world.target.progressive, namespace)  # refused before anything is planned
    return Prepared(release, desired, scan)


def again_of(request: Request, journal: Journal) -> int:
    """The earlier release that is delivered once more; 0 where an artifact is."""
    return journal.good if request.renew else request.again


def renews(request: Request, journal: Journal) -> int:
    """The release that came by an artifact, whose secrets alone are new; 0 where more is."""
    if not request.renew:
        return 0
    return journal.renews if journal.renews and journal.good == journal.number else journal.good


def _may_own(world: World) -> bool:
    """Whether the release may write its own Namespace; said, since what it wants of it is left out otherwise."""
    from deployer.rights import may_write_namespace

    allowed = may_write_namespace(world.cluster.kube, world.target.namespace)
    if not allowed:
        world.log.event("left", object=f"Namespace {world.target.namespace}", reason="the deployer may not write it")
    return allowed


def _sources(world: World, release: Release, folder: Path) -> Sequence[Source]:
    """The deliveries, charts of registries fetched."""
    if not _has_charts(world):
        return world.target.deliveries
    from deployer.charts.pull import present

    return present(folder, world.target.deliveries, world.charts(), release.charts)


def _has_charts(world: World) -> bool:
    return any(source.kind == "helm" for source in world.target.deliveries)


def _surroundings(world: World) -> Surroundings:
    if not _has_charts(world):
        return Surroundings(world.target.namespace, world.kube_version, ())
    return Surroundings(
        namespace=world.target.namespace,
        kube_version=world.kube_version,
        api_versions=tuple(world.cluster.resources.capabilities()),
        installed=world.records.names(),
        kube=world.cluster.kube,
        learn=world.redactor.learn,
    )


def _again(world: World, number: int, stored: int) -> Prepared:
    """An earlier release as it was stored, but for what its followed secrets hold now; the ledger still tells what was
    in it."""
    try:
        desired = world.store.load(stored)
    except NotFound as absent:
        raise Fatal(
            f"the set of release {number} is not kept any more.",
            remedy="Deliver its commit again.",
            kind="ConfigurationError",
        ) from absent
    desired = _with_secrets_of_now(world, desired)
    world.redactor.learn_objects(item.object for item in desired.items)
    entry = world.ledger.find(number)
    return Prepared((entry or Entry(number, "")).release(world.target.service), desired)


def _with_secrets_of_now(world: World, desired: Desired) -> Desired:
    """A value that was replaced at its source does not come back with an earlier release."""
    namespace = world.target.namespace
    if not (world.target.restart or versions(secrets_of(desired, namespace))):
        return desired
    key = world.inventory.key
    return followed(renewed(desired, world.vault.secrets(), namespace, key), namespace, key)
