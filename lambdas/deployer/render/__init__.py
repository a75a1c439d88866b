"""Folder of the artifact -> Rendered: bump the sources, render them, and check that every image is the release's."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.bump.references import Images
from deployer.kube.client import Kube
from deployer.objects import Object
from deployer.render.documents import Document
from deployer.target import Source
from deployer.values import dataclass

if TYPE_CHECKING:
    from deployer.helm.chart import Chart


@dataclass(frozen=True)
class Tools:
    """The layer's programs."""

    helm: str = "/opt/helm/helm"
    kubectl: str = "/opt/kubectl/kubectl"


@dataclass(frozen=True)
class Surroundings:
    """What a chart may ask of where it goes."""

    namespace: str
    kube_version: str
    api_versions: tuple[str, ...]
    installed: frozenset[str] = frozenset()  # names of Helm releases that are there
    kube: Kube | None = None  # the cluster, for charts that ask it
    learn: Callable[[Iterable[str]], object] = list  # told what a chart's values hide, before helm may say it


@dataclass(frozen=True)
class Rendered:
    """One delivery: objects that were read, then documents that are read when they must be; `chart` for Helm's."""

    source: Source
    objects: tuple[Object, ...] = ()
    chart: "Chart | None" = None
    documents: tuple[Document, ...] = ()


Renderer = Callable[[Path, Source, Images, Tools, Surroundings], Rendered]


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    """One delivery; changes the unpacked sources in place."""
    renderers: dict[str, Renderer] = {"manifests": _plain, "kustomize": _kustomize, "helm": _helm}
    rendered = renderers[source.kind](folder, source, images, tools, around)

    def check(found: Iterable[Object]) -> None:
        from deployer.render import check

        check.images(found, images, source.path)

    hooks = rendered.chart.hooks if rendered.chart else ()
    objects = [*rendered.objects, *(hook.object for hook in hooks)]
    if objects:
        check(objects)
    for document in rendered.documents:
        document.checked(check)
    return rendered


# Each renderer is loaded where it is needed: YAML's reader takes 20 ms, pyhelm3 and pydantic 155.


def _plain(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    from deployer.render import plain

    return plain.render(folder, source, images, tools, around)


def _kustomize(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    from deployer.render import kustomize

    return kustomize.render(folder, source, images, tools, around)


def _helm(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    from deployer.render import helm

    return helm.render(folder, source, images, tools, around)
