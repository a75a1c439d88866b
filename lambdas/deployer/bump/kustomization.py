"""A kustomization's `images:`: name, newName, newTag and digest of each entry."""

from yaml.nodes import MappingNode, Node, SequenceNode

from deployer.bump import manifests
from deployer.bump.references import Image, Images
from deployer.yaml.reader import compose
from deployer.yaml.spans import Edit, apply_edits, entry, replace_scalar, scalar


def bump(text: str, images: Images, name: str) -> str:
    """The kustomization with the release's images by digest, inline patches included."""
    found = manifests.edits(text, images, name)
    for root in compose(text, name):
        listed = entry(root, "images")
        if listed and isinstance(listed[1], SequenceNode):
            for item in listed[1].value:
                found += _edits(text, item, images, name)
    return apply_edits(text, found)


def _edits(text: str, item: Node, images: Images, name: str) -> list[Edit]:
    old, new = scalar(item, "name"), scalar(item, "newName")
    image = images.find((new or old).value) if old else None
    if not (old and image and isinstance(item, MappingNode)):
        return []
    found, missing = _version(text, item, image, name)
    if new and new.value != image.repository:
        found.append(replace_scalar(text, new, image.repository, name))
    if not new and old.value != image.repository:
        missing.append(("newName", image.repository))
    return [*found, _insert(text, item, missing)] if missing else found


def _version(text: str, item: MappingNode, image: Image, name: str) -> tuple[list[Edit], list[tuple[str, str]]]:
    """Edits that make the entry's version the digest, and the fields that must be added for it."""
    digest, tag, value = scalar(item, "digest"), entry(item, "newTag"), scalar(item, "newTag")
    if digest:
        return ([] if digest.value == image.digest else [replace_scalar(text, digest, image.digest, name)]), []
    if tag and value:
        # A tag alone would win over the digest: its entry becomes the digest's.
        return [replace_scalar(text, tag[0], "digest", name), replace_scalar(text, value, image.digest, name)], []
    return [], [("digest", image.digest)]


def _insert(text: str, item: MappingNode, fields: list[tuple[str, str]]) -> Edit:
    """New entries in front of the mapping's first, in its own style."""
    first = item.value[0][0].start_mark
    if item.flow_style:
        return Edit(first.index, first.index, "".join(f"{key}: {value}, " for key, value in fields))
    body = text.removeprefix("\ufeff")
    newline = "\r\n" if "\r\n" in body else "\n"
    indent = " " * first.column
    return Edit(first.index, first.index, "".join(f"{key}: {value}{newline}{indent}" for key, value in fields))
