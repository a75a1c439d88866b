"""Files of a configuration repository + a release's images -> what changes in them. Pure.

A kustomization, a manifest and a chart's values each name images in their own way; which of them a file is, its name
and its documents say. The values inside of a HelmRelease or an Application are found as values are.
"""

import difflib
import hashlib
from collections.abc import Iterator, Mapping

from yaml.nodes import MappingNode

from deployer.bump import kustomization, manifests, values
from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.values import dataclass
from deployer.yaml.nodes import compose
from deployer.yaml.spans import scalar
from deployer.yaml.stream import split

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
TEXTS = (".yaml", ".yml", "/Kustomization")
MOST_CHANGED = 100  # files of one commit: CodeCommit's quota
_WITH_VALUES = ("HelmRelease", "Application", "ApplicationSet")


@dataclass(frozen=True)
class File:
    path: str
    text: str
    mode: str  # CodeCommit's word: NORMAL, EXECUTABLE


@dataclass(frozen=True)
class Change:
    path: str
    old: str
    new: str
    mode: str


def changes(files: Mapping[str, File], release: Mapping[str, Image]) -> dict[str, Change]:
    """What makes every reference of the release's images its digest, by path."""
    images = Images(release)
    bumped = {path: _bumped(file, images) for path, file in sorted(files.items())}
    return {
        path: Change(path, files[path].text, text, files[path].mode)
        for path, text in bumped.items()
        if text != files[path].text
    }


def unnamed(files: Mapping[str, File], found: Mapping[str, Change], release: Mapping[str, Image]) -> list[str]:
    """The images that no file runs by their digest once the changes are made. Fatal when that is all of them."""
    texts = [found[path].new if path in found else file.text for path, file in files.items()]
    missing = [name for name, image in sorted(release.items()) if not any(image.digest in text for text in texts)]
    if release and len(missing) == len(release):
        names = ", ".join(image.repository for _, image in sorted(release.items()))
        raise Fatal(
            f"none of its {len(files)} YAML files names an image of the release: {names}.",
            subject="the configuration folder",
            remedy="Name the image there once, with any tag; from then on its digest is kept up to date.",
            kind="ConfigurationError",
        )
    return missing


def pinned(files: Mapping[str, File], release: Mapping[str, Image]) -> bool:
    """Whether the files name the release's images, and all of them by digest."""
    named = any(image.digest in file.text for file in files.values() for image in release.values())
    return (named or not release) and not changes(files, release)


def differences(found: Mapping[str, Change]) -> list[str]:
    """The lines that change, as a unified diff without context: what is around them may be secret."""
    return [line for change in found.values() for line in _difference(change)]


def digest(found: Mapping[str, Change]) -> str:
    """Names the changes by what they take and put, wherever in a file it stands."""
    lines = [line for line in differences(found) if not line.startswith("@@")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _difference(change: Change) -> Iterator[str]:
    old, new = change.old.splitlines(), change.new.splitlines()
    yield from difflib.unified_diff(old, new, f"a/{change.path}", f"b/{change.path}", lineterm="", n=0)


def _bumped(file: File, images: Images) -> str:
    if not images.mentions(file.text.removeprefix("\ufeff")):
        return file.text
    if file.path.rpartition("/")[2] in KUSTOMIZATIONS:
        return kustomization.bump(file.text, images, file.path)
    kinds = set(_kinds(file))
    text = file.text
    if kinds - {""}:
        text = manifests.bump(text, images, file.path)
    if "" in kinds or kinds & set(_WITH_VALUES):
        text = values.bump(text, images, file.path)
    return text


def _kinds(file: File) -> Iterator[str]:
    """The kind of each document; "" of one that is no object of Kubernetes."""
    for part in split(file.text, file.path):
        root = compose(part, file.path)
        if isinstance(root, MappingNode):
            kind, version = scalar(root, "kind"), scalar(root, "apiVersion")
            yield kind.value if kind and version else ""
