"""Plain manifests and patches: the image of every container."""

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from deployer.bump.documents import edited
from deployer.bump.references import Images
from deployer.yaml.spans import Edit, entry, replace_scalar, scalar
from deployer.yaml.stream import Part

CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


def bump(text: str, images: Images, name: str) -> str:
    """The manifest with the release's images by digest; `name` is the file in errors."""
    return edited(text, images, name, edits, "image")


def edits(part: Part, root: Node, images: Images, name: str) -> list[Edit]:
    found = []
    for node in references(root):
        image = images.find(node.value)
        if image and not images.pins(node.value, image):
            found.append(replace_scalar(part, node, image.pinned, name))
    return found


def references(root: Node) -> Iterator[ScalarNode]:
    """The scalar of each image reference: containers at any depth, image volumes, and JSON patches of an image."""
    for node in _nodes(root):
        if not isinstance(node, MappingNode):
            continue
        for key in CONTAINERS:
            found = entry(node, key)
            if found and isinstance(found[1], SequenceNode):
                yield from (image for item in found[1].value if (image := scalar(item, "image")))
        volume = entry(node, "image")
        if volume and (reference := scalar(volume[1], "reference")):
            yield reference
        path, value = scalar(node, "path"), scalar(node, "value")
        if path and value and path.value.endswith("/image"):
            yield value


def _nodes(root: Node) -> Iterator[Node]:
    """Every node once, also those that aliases name many times."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, SequenceNode):
            waiting.extend(reversed(node.value))
        elif isinstance(node, MappingNode):
            waiting.extend(value for _, value in reversed(node.value))
