"""Helm values: the shapes in which charts name an image.

image: registry.example/shop/web:1                         -> repository@digest
image: {repository: shop/web, tag: "1", digest: ""}        -> repository and digest set
image: {repository: shop/web, tag: "1"}                    -> repository set, tag becomes TAG@sha256:…
image: {registry: …, repository: shop/web, tag: "1"}       -> the host goes into registry
"""

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.bump.references import Image, Images
from deployer.yaml.reader import compose
from deployer.yaml.spans import Edit, apply_edits, replace_scalar, scalar


def bump(text: str, images: Images, name: str) -> str:
    """The values with the release's images by digest; `name` is the file in errors."""
    found: list[Edit] = []
    for root in compose(text, name):
        found += _walk(text, root, images, name)
    return apply_edits(text, found)


def _walk(text: str, node: Node, images: Images, name: str) -> Iterator[Edit]:
    if isinstance(node, SequenceNode):
        for item in node.value:
            yield from _walk(text, item, images, name)
    if not isinstance(node, MappingNode):
        return
    repository = scalar(node, "repository")
    image = images.find(repository.value) if repository else None
    if repository and image:
        yield from _mapping(text, node, repository, image, name)
        return
    for key, value in node.value:
        if isinstance(value, ScalarNode) and isinstance(key, ScalarNode) and key.value in ("image", "reference"):
            whole = images.find(value.value)
            if whole and not images.pins(value.value, whole):
                yield replace_scalar(text, value, whole.pinned, name)
        else:
            yield from _walk(text, value, images, name)


def _mapping(text: str, node: Node, repository: ScalarNode, image: Image, name: str) -> Iterator[Edit]:
    registry, digest, tag = (scalar(node, key) for key in ("registry", "digest", "tag"))
    where = image.path if registry else image.repository
    if registry:
        yield from _set(text, registry, image.host, name)
    if digest:
        yield from _set(text, digest, image.digest, name)
    elif tag:
        yield from _set(text, tag, f"{image.tag}@{image.digest}", name)
    else:  # the chart writes the repository alone, so that takes the whole reference
        where = f"{where}@{image.digest}"
    yield from _set(text, repository, where, name)


def _set(text: str, node: ScalarNode, value: str, name: str) -> Iterator[Edit]:
    if node.value != value:
        yield replace_scalar(text, node, value, name)
