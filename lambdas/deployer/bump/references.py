"""Image references: which are the release's, and what they become."""

import re
from collections.abc import Iterator, Mapping
from string import ascii_letters, digits

from deployer.values import dataclass

_INNER = frozenset(f"{ascii_letters}{digits}_./-")
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
        words = sorted(self._by_path, key=len)
        self._words = [
            word for word in words if not any(f"/{word}".endswith(f"/{other}") for other in words if other != word)
        ]

    def __bool__(self) -> bool:
        return bool(self._by_path)

    def tags(self) -> set[str]:
        return {image.tag for image in self._by_path.values()}

    def mentions(self, text: str) -> list[int]:
        """Where a text may hold a reference to one of them: a quick look, made before anything is parsed."""
        return sorted(at for word in self._words for at in _words(text, word))

    def named(self, name: str) -> Image | None:
        """The release's image of that name (or repository path)."""
        return self._by_path.get(name)

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


def _words(text: str, word: str) -> Iterator[int]:
    """Where the word stands as the end of a path; `find` is many times faster than an expression."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if text[end : end + 1] not in _INNER and (at == 0 or text[at - 1] == "/" or text[at - 1] not in _INNER):
            yield at
        at = text.find(word, end)
