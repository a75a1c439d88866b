"""Image references as a person compares them: name, tag, and as much of the digest as tells two apart."""

import os.path
from collections.abc import Mapping

from deployer.bump.references import parse

DIGITS = 12


def is_image(path: str) -> bool:
    return path == "image" or path.endswith(".image")


def short(reference: str, tags: Mapping[str, str]) -> str:
    """`web:src-1a2b (sha256:0123456789ab)`; `tags` gives the tag of a digest, since references go by digest."""
    found = parse(reference)
    if found is None:
        return reference
    tag = found.tag or tags.get(found.digest, "")
    name = os.path.basename(found.path) + (f":{tag}" if tag else "")
    return f"{name} ({shortened(found.digest)})" if found.digest else name


def shortened(digest: str) -> str:
    kind, _, digits = digest.partition(":")
    return f"{kind}:{digits[:DIGITS]}"


def same_name(old: str, new: str) -> bool:
    """Whether two references differ in tag and digest alone."""
    first, second = parse(old), parse(new)
    return bool(first and second and (first.host, first.path) == (second.host, second.path))
