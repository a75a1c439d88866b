"""Artifact -> what is wanted: the stages that write nothing to a cluster."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from deployer.desired import Desired, complete
from deployer.release import Release, read_release
from deployer.render import Surroundings, render
from deployer.world import Request, World


@dataclass(frozen=True)
class Prepared:
    release: Release
    desired: Desired


def prepare(world: World, request: Request) -> Prepared:
    """Fetch, resolve, bump, render: Fatal for whatever is wrong with what the build made."""
    with tempfile.TemporaryDirectory(prefix="artifact-") as name:
        folder = Path(name)
        request.fetch(folder)
        release = read_release(folder, world.target.service, world.target.images)
        world.registry.check(release.images.values())
        around = Surroundings(
            namespace=world.target.namespace,
            kube_version=world.kube_version,
            api_versions=tuple(world.cluster.resources.capabilities()),
            installed=world.records.names(),
        )
        rendered = [
            render(folder, source, release.references, world.tools, around) for source in world.target.deliveries
        ]
    secrets = world.vault.secrets()
    world.redactor.learn_objects([*secrets, *(item for each in rendered for item in each.objects)])
    resources, inventory = world.cluster.resources, world.inventory
    return Prepared(release, complete(rendered, secrets, resources, world.target.namespace, inventory.id))
