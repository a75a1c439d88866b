"""What all bumps share: only documents that may hold one of the release's images are parsed at all."""

from bisect import bisect_left
from collections.abc import Callable, Iterable

from yaml.nodes import Node

from deployer.bump.references import Images
from deployer.yaml.nodes import compose
from deployer.yaml.spans import Edit, apply_edits
from deployer.yaml.stream import Part, split

Find = Callable[[Part, Node, Images, str], Iterable[Edit]]


def edited(text: str, images: Images, name: str, find: Find, word: str = "") -> str:
    """The text with the edits that `find` makes in each document that may name an image, and has `word` in it."""
    hits = images.mentions(text.removeprefix("\ufeff")) if word in text else []
    if not hits:
        return text
    found: list[Edit] = []
    for part in split(text, name):
        at = bisect_left(hits, part.start)
        if at < len(hits) and hits[at] < part.start + len(part.text) and word in part.text:
            root = compose(part, name)
            found += find(part, root, images, name) if root else ()
    return apply_edits(text, found)
