"""What all bumps share: only documents that may hold one of the release's images are parsed at all."""

from collections.abc import Callable, Iterable

from yaml.nodes import Node

from deployer.bump.references import Images
from deployer.yaml.nodes import compose
from deployer.yaml.spans import Edit, apply_edits
from deployer.yaml.stream import Part, split

Find = Callable[[Part, Node, Images, str], Iterable[Edit]]


def edited(text: str, images: Images, name: str, find: Find, word: str = "") -> str:
    """The text with the edits that `find` makes in each document that names an image, and has `word` in it."""
    if word not in text or not images.mentioned(text):
        return text
    found: list[Edit] = []
    for part in split(text, name):
        if word in part.text and images.mentioned(part.text) and (root := compose(part, name)):
            found += find(part, root, images, name)
    return apply_edits(text, found)
