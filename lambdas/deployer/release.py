"""release.json: what the build made, checked against what this target may run."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.bump.references import Image, Images
from deployer.errors import Fatal
from deployer.values import dataclass, field

NAME = "release.json"
UNTAGGED = "release"  # what stands for a tag that is not told
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\Z")


@dataclass(frozen=True)
class Release:
    """Immutable: the commit, and each image by digest."""

    service: str
    commit: str
    branch: str
    message: str
    author: str
    images: Mapping[str, Image]
    authored: str = ""  # when the commit was written, in ISO 8601
    sbom: Mapping[str, str] = field(default_factory=dict)  # by image: its documents in the artifact, file@digest
    charts: Mapping[str, Image] = field(default_factory=dict)  # that the build has pushed; their tags are versions

    def references(self, also: Mapping[str, str]) -> Images:
        """`also`: paths that name an image besides its repository's."""
        return Images(
            {**self.images, **{path: self.images[name] for path, name in also.items() if name in self.images}}
        )


def read_release(
    folder: Path, service: str, repositories: Mapping[str, str], charts: Mapping[str, str] | None = None
) -> Release:
    """The release in an unpacked artifact; Fatal when it is not one, names a repository that is not the target's, or
    lacks one of the `charts` that the target takes from their repositories."""
    path = folder / NAME
    if not path.is_file():
        raise _bad(f"the artifact has no {NAME}", "Let the build write it: see buildspec/build.yaml.")
    try:
        data = json.loads(path.read_text())
    except (ValueError, RecursionError) as error:
        raise _bad(f"not JSON: {error}") from error
    if not isinstance(data, dict) or data.get("schema") != 1:
        raise _bad("not a release of schema 1", "Build with the buildspec that belongs to this deployer.")
    if data.get("service") != service:
        raise _bad(f"a release of {data.get('service')!r}, while this target is {service!r}'s")
    made = data.get("images")
    if not isinstance(made, dict):
        raise _bad("`images` must be a mapping of names")
    images = {str(name): _image(str(name), entry, repositories) for name, entry in made.items()}
    commit, branch, message, author = (str(data.get(key) or "") for key in ("commit", "branch", "message", "author"))
    pushed = _charts(data.get("charts") or {}, charts or {})
    return Release(service, commit, branch, message, author, images, str(data.get("authored") or ""), charts=pushed)


def _charts(made: Any, repositories: Mapping[str, str]) -> dict[str, Image]:
    """Those that the target asks for; others are another target's."""
    missing = [name for name in repositories if not isinstance(made, dict) or name not in made]
    if missing:
        remedy = "Release anew: the build pushes the chart. An artifact from before `push: true` has none."
        raise _bad(f"names no chart {', '.join(missing)}, which is to come from its repository", remedy)
    found = {name: _image(name, made[name], repositories, "chart") for name in repositories}
    for name, chart in found.items():
        if chart.tag == UNTAGGED:
            raise _bad(f"chart {name!r} has no tag")
    return found


def _image(name: str, entry: Any, repositories: Mapping[str, str], kind: str = "image") -> Image:
    if not isinstance(entry, dict):
        raise _bad(f"{kind} {name!r} must be a mapping")
    repository, tag, digest = (str(entry.get(key) or "") for key in ("repository", "tag", "digest"))
    if name not in repositories:
        raise _bad(f"{kind} {name!r} is not one of the target's ({', '.join(sorted(repositories)) or 'it has none'})")
    if repository != repositories[name]:
        raise _bad(f"{kind} {name!r} is in {repository!r}, while the target's repository is {repositories[name]!r}")
    if not _DIGEST.match(digest):
        raise _bad(f"{kind} {name!r} has no digest: {digest!r}")
    if tag and not _TAG.match(tag):
        raise _bad(f"{kind} {name!r} has a tag that is none: {tag!r}")
    return Image(name, repository, tag or UNTAGGED, digest)


def _bad(reason: str, remedy: str = "") -> Fatal:
    return Fatal(f"{reason}.", subject=NAME, remedy=remedy, kind="ConfigurationError")
