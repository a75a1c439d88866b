"""A kustomization's `images:`: name, newName, newTag and digest of each entry."""

from yaml.nodes import MappingNode, Node, SequenceNode

from deployer.bump import manifests
from deployer.bump.documents import edited
from deployer.bump.references import Image, Images
from deployer.yaml.spans import Edit, entry, replace_scalar, scalar
from deployer.yaml.stream import Part


def bump(text: str, images: Images, name: str) -> str:
    """The kustomization with the release's images by digest, inline patches included."""
    return edited(text, images, name, _all, "image")


def _all(part: Part, root: Node, images: Images, name: str) -> list[Edit]:
    found = manifests.edits(part, root, images, name)
    listed = entry(root, "images")
    if listed and isinstance(listed[1], SequenceNode):
        for item in listed[1].value:
            found += _edits(part, item, images, name)
    return found


def _edits(part: Part, item: Node, images: Images, name: str) -> list[Edit]:
    old, new = scalar(item, "name"), scalar(item, "newName")
    image = images.find((new or old).value) if old else None
    if not (old and image and isinstance(item, MappingNode)):
        return []
    found, missing = _version(part, item, image, name)
    if new and new.value != image.repository:
        found.append(replace_scalar(part, new, image.repository, name))
    if not new and old.value != image.repository:
        missing.append(("newName", image.repository))
    return [*found, _insert(part, item, missing)] if missing else found


def _version(part: Part, item: MappingNode, image: Image, name: str) -> tuple[list[Edit], list[tuple[str, str]]]:
    """Edits that make the entry's version the digest, and the fields that must be added for it."""
    digest, tag, value = scalar(item, "digest"), entry(item, "newTag"), scalar(item, "newTag")
    if digest:
        return ([] if digest.value == image.digest else [replace_scalar(part, digest, image.digest, name)]), []
    if tag and value:
        # A tag alone would win over the digest: its entry becomes the digest's.
        return [replace_scalar(part, tag[0], "digest", name), replace_scalar(part, value, image.digest, name)], []
    return [], [("digest", image.digest)]


def _insert(part: Part, item: MappingNode, fields: list[tuple[str, str]]) -> Edit:
    """New entries in front of the mapping's first, in its own style."""
    first = item.value[0][0].start_mark
    at = part.start + first.index
    if item.flow_style:
        return Edit(at, at, "".join(f"{key}: {value}, " for key, value in fields))
    newline = "\r\n" if "\r\n" in part.text else "\n"
    indent = " " * first.column
    return Edit(at, at, "".join(f"{key}: {value}{newline}{indent}" for key, value in fields))
