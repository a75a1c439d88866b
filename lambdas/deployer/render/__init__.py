"""Folder of the artifact -> Rendered: bump the sources, render them, and check that every image is the release's."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deployer.bump.references import Images
from deployer.helm.chart import Chart
from deployer.objects import Object
from deployer.target import Source


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


@dataclass(frozen=True)
class Rendered:
    """The objects of one delivery, in order; `chart` is there for Helm's."""

    source: Source
    objects: tuple[Object, ...]
    chart: Chart | None = None


Renderer = Callable[[Path, Source, Images, Tools, Surroundings], Rendered]


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    """One delivery; changes the unpacked sources in place."""
    from deployer.render import check, kustomize, plain

    renderers: dict[str, Renderer] = {"manifests": plain.render, "kustomize": kustomize.render, "helm": _helm}
    rendered = renderers[source.kind](folder, source, images, tools, around)
    hooks = rendered.chart.hooks if rendered.chart else ()
    check.images([*rendered.objects, *(hook.object for hook in hooks)], images, source.path)
    return rendered


def _helm(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    from deployer.render import helm  # pyhelm3 and pydantic, 155 ms of imports, only where there is a chart

    return helm.render(folder, source, images, tools, around)
