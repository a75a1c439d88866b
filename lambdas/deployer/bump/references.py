"""Image references: which are the release's, and what they become."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_REFERENCE = re.compile(
    r"(?:(?P<host>[a-zA-Z0-9.-]+(?::[0-9]+)?)/)?(?P<path>[a-z0-9._/-]+)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)


@dataclass(frozen=True)
class Image:
    """One image of the release: `repository` with its registry host, its immutable tag, its digest."""

    name: str
    repository: str
    tag: str
    digest: str

    @property
    def host(self) -> str:
        return self.repository.partition("/")[0]

    @property
    def path(self) -> str:
        return self.repository.partition("/")[2]

    @property
    def pinned(self) -> str:
        return f"{self.repository}@{self.digest}"


@dataclass(frozen=True)
class Reference:
    """A reference taken apart; `host` is empty unless its first part looks like a registry."""

    host: str
    path: str
    tag: str
    digest: str


def parse(text: str) -> Reference | None:
    """None when the text is no image reference at all."""
    found = _REFERENCE.match(text)
    if not found:
        return None
    host, path = found["host"] or "", found["path"]
    if host and not ("." in host or ":" in host or host == "localhost"):
        host, path = "", f"{host}/{path}"
    return Reference(host, path, found["tag"] or "", found["digest"] or "")


class Images:
    """The release's images, found by repository path (`shop/web`) or by bare name (`web`)."""

    def __init__(self, images: Mapping[str, Image]) -> None:
        self._by_path = {image.path: image for image in images.values()} | dict(images)

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def find(self, text: str) -> Image | None:
        """The release's image that a reference names, whatever its registry host, tag and digest."""
        reference = parse(text)
        return self._by_path.get(reference.path) if reference else None

    def pins(self, text: str, image: Image) -> bool:
        """Whether the reference is exactly this release's digest; a tag in front of it is for people."""
        reference = parse(text)
        return (
            reference is not None
            and f"{reference.host}/{reference.path}" == image.repository
            and reference.digest == image.digest
        )
