"""Kustomize overlays: `kubectl kustomize` of the layer, after a look that nothing is fetched or executed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deployer.artifact import inside, refuse_links
from deployer.bump import kustomization, manifests
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.process import ToolFailed, run
from deployer.render import Rendered, Surroundings, Tools
from deployer.render.documents import objects
from deployer.render.plain import read_text
from deployer.target import Source
from deployer.yaml.reader import read

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|git@|git::|(?:www\.)?(?:github|gitlab|bitbucket)\.[a-z]+[/:])|\?ref=", re.I
)
_REFUSED = {
    "helmCharts": "deliver the chart by itself (`chart:` in pipeline.yaml)",
    "helmChartInflationGenerator": "deliver the chart by itself (`chart:` in pipeline.yaml)",
    "generators": "they may run programs",
    "transformers": "they may run programs",
    "validators": "they may run programs",
}


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    root = inside(folder, source.path)
    refuse_links(folder)
    for path in sorted(set(_sources(folder, root))):
        name = str(path.relative_to(folder))
        bump = kustomization.bump if path.name in NAMES else manifests.bump
        text = read_text(path, name)
        bumped = bump(text, images, name)
        if bumped != text:
            path.write_bytes(bumped.encode())
    try:
        # A base beside the overlay is inside the artifact, which is all there is: nothing above it can be read.
        output = run([tools.kubectl, "kustomize", "--load-restrictor", "LoadRestrictionsRootOnly", str(root)])
    except ToolFailed as failed:
        said = failed.stderr.replace(str(folder) + "/", "").replace(str(folder), "the artifact")
        raise Fatal(f"kustomize: {said}", subject=source.path, kind="ConfigurationError") from failed
    return Rendered(source, tuple(objects(output.decode(), source.path)))


def _sources(folder: Path, root: Path) -> Iterator[Path]:
    """Every YAML file that the kustomization reaches, itself first; Fatal when it reaches outside the artifact."""
    found = [path for path in (root / name for name in NAMES) if path.is_file()]
    name = str(root.relative_to(folder))
    if len(found) != 1:
        raise Fatal(
            f"{len(found)} of {', '.join(NAMES)} in it: one is needed.", subject=name, kind="ConfigurationError"
        )
    yield found[0]
    for document in read(read_text(found[0], name), str(found[0].relative_to(folder))):
        content = document.value if isinstance(document.value, dict) else {}
        for key, reason in _REFUSED.items():
            if content.get(key):
                raise Fatal(f"`{key}` is refused: {reason}.", subject=name, kind="ConfigurationError")
        for reference in _references(content):
            yield from _follow(folder, root, reference, name)


def _follow(folder: Path, root: Path, reference: str, name: str) -> Iterator[Path]:
    if _REMOTE.search(reference):
        raise Fatal(
            f"remote base {reference!r} is refused: what is delivered must be in the artifact.",
            subject=name,
            remedy="Copy it into the repository.",
            kind="ConfigurationError",
        )
    path = (root / reference).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Fatal(f"{reference!r} is outside the artifact.", subject=name, kind="ConfigurationError")
    path = folder / path.relative_to(folder.resolve())
    if path.is_dir():
        yield from _sources(folder, path)
    elif path.is_file() and path.suffix in (".yaml", ".yml", ".json"):
        yield path


def _references(content: dict[str, Any]) -> Iterator[str]:
    """Files and folders that hold objects or patches; data of generators has no image references."""
    for key in ("resources", "bases", "components", "crds", "configurations", "patchesStrategicMerge"):
        yield from (item for item in content.get(key) or [] if isinstance(item, str) and "\n" not in item)
    for key in ("patches", "patchesJson6902", "replacements"):
        for item in content.get(key) or []:
            if isinstance(item, dict) and isinstance(item.get("path"), str):
                yield item["path"]
    for key in ("openapi",):
        if isinstance(content.get(key), dict) and isinstance(content[key].get("path"), str):
            yield content[key]["path"]
