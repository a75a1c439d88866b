"""Which processors an image is built for: what may be written, what CodeBuild and the cluster make of it."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from pipeline.config.cluster.instances import Architecture
from pipeline.config.cluster.plan import ClusterPlan
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import ImageSource, Service

Platforms = Annotated[tuple[Architecture, ...], Field(min_length=1, max_length=2)]
DEFAULT: tuple[Architecture, ...] = ("amd64",)
ALL: frozenset[Architecture] = frozenset(("amd64", "arm64"))


def normal(platforms: Iterable[Architecture]) -> tuple[Architecture, ...]:
    """Each once, in an order of its own: what was written otherwise is the same image."""
    return tuple(sorted(set(platforms)))


def on_arm(images: Iterable[ImageSource]) -> bool:
    """Whether Arm machines build: where there is nothing that they would have to emulate."""
    built = [image.platforms for image in images]
    return bool(built) and all(platforms == ("arm64",) for platforms in built)


def shared(images: Iterable[ImageSource]) -> frozenset[Architecture]:
    """The processors that every image is for: any node that has one of them runs any pod."""
    return ALL.intersection(*(image.platforms for image in images))


def findings(service: Service, written: dict[str, tuple[Architecture, ...]]) -> Iterator[Finding]:
    """`written`: the platforms of each image as they stand in the file."""
    for name, platforms in written.items():
        where: Path = ("images", name, "platforms")
        yield from repeated([((*where, index), each) for index, each in enumerate(platforms)], "once is enough")
    if not isinstance(service.cluster, ClusterPlan) or service.cluster.auto:
        return
    nodes = {group.architecture for group in service.cluster.nodes}
    for image in service.images:
        if image.platforms != DEFAULT and not nodes & set(image.platforms):
            wrong = f"no node of the cluster can run it: all of them are {', '.join(sorted(nodes))}"
            remedy = "have nodes of a Graviton type, such as m7g.large, or add amd64"
            yield Finding(("images", image.name, "platforms"), wrong, remedy)
