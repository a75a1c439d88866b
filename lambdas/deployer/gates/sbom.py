"""A release's software bills of materials: in the artifact, of its images, and with the digests that release.json says.

    "sbom": {"web": [{"image": "sha256:…", "file": "sbom/web.cdx.json", "digest": "sha256:…"}]}

An image of several platforms has one of each, whose `image` is the digest that `platforms` of the image names.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.artifact import inside
from deployer.errors import Fatal
from deployer.release import NAME, Release
from deployer.values import replace


def with_sboms(release: Release, artifact: Path) -> Release:
    """The release with what the ledger keeps of its documents, `file@digest` each; Fatal when one is not as it is said
    to be, or an image has none."""
    data: Mapping[str, Any] = json.loads((artifact / NAME).read_text())
    said = data.get("sbom")
    if not isinstance(said, dict):
        raise _bad("names no SBOM, while pipeline.yaml asks for one of each image")
    documents: dict[str, str] = {}
    for name, image in release.images.items():
        entries = said.get(name)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise _bad(f"names no SBOM of the image {name!r}")
        members = data["images"][name].get("platforms") or {"": image.digest}
        if not isinstance(members, dict):
            raise _bad(f"does not say which images {name!r} has for its platforms")
        missing = {str(digest) for digest in members.values()} - {str(entry.get("image")) for entry in entries}
        if missing:
            raise _bad(f"names no SBOM of the image {name!r} as it is released: {', '.join(sorted(missing))}")
        documents[name] = ", ".join(_read(artifact, name, entry) for entry in entries)
    return replace(release, sbom=documents)


def _read(artifact: Path, image: str, entry: Mapping[str, Any]) -> str:
    file, digest = str(entry.get("file") or ""), str(entry.get("digest") or "")
    path = inside(artifact, file) if file else artifact
    if not path.is_file():
        raise _bad(f"names a file of the image {image!r}'s SBOM that is none: {file!r}")
    found = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    if found != digest:
        raise _bad(f"says that {file} is {digest or 'of no digest'}, but it is {found}")
    return f"{file}@{digest}"


def _bad(wrong: str) -> Fatal:
    return Fatal(
        f"{wrong}.",
        subject=NAME,
        remedy="Build the commit again with the buildspec that belongs to this deployer; look who writes artifacts.",
        kind="ConfigurationError",
    )
