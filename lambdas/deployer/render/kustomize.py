"""Kustomize overlays: `kubectl kustomize` of the layer, after a look that nothing is fetched or executed."""

from pathlib import Path

from deployer.artifact import inside, refuse_links
from deployer.bump import kustomization as kustomization_bump
from deployer.bump import manifests
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.process import ToolFailed, run
from deployer.render import Rendered, Surroundings, Tools
from deployer.render.documents import split
from deployer.render.kustomization import NAMES, sources
from deployer.render.plain import read_text
from deployer.target import Source


def render(folder: Path, source: Source, images: Images, tools: Tools, around: Surroundings) -> Rendered:
    root = inside(folder, source.path)
    refuse_links(folder)
    for path in sorted(set(sources(folder, root))):
        name = str(path.relative_to(folder))
        bump = kustomization_bump.bump if path.name in NAMES else manifests.bump
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
    return Rendered(source, documents=tuple(split(output.decode(), source.path)))
