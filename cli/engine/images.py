"""Which images a release has: given one by one, by a build's release.json, or by what runs in an environment."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from deployer.ledger import History
from deployer.values import dataclass

_GIVEN = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9._-]*)=(?P<repository>[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]+)?(?:/[a-z0-9._-]+)+)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?@(?P<digest>sha256:[0-9a-f]{64})\Z"
)
WORDS = ("commit", "branch", "message", "author")


@dataclass(frozen=True)
class Content:
    """release.json without its service: images as it words them, and where they come from."""

    images: Mapping[str, Mapping[str, str]]
    words: Mapping[str, str]

    @property
    def repositories(self) -> dict[str, str]:
        return {name: image["repository"] for name, image in self.images.items()}

    def having(self, given: Iterable[str]) -> "Content":
        """With some images as they were given."""
        return Content({**self.images, **dict(map(_given, given))}, self.words)

    def document(self, service: str) -> bytes:
        return json.dumps({"schema": 1, "service": service, "images": self.images, **self.words}).encode()


def of_file(path: Path) -> Content:
    """CommandError (2) when it is no release.json; the deployer checks what it says."""
    try:
        return of_document(json.loads(path.read_bytes()))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", "name a release.json that a build wrote") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path} is no release.json: {error}", "name one that a build wrote") from error


def of_document(told: Mapping[str, Any]) -> Content:
    images = {str(name): _entry(image) for name, image in told["images"].items()}
    return Content(images, {word: str(told.get(word) or "") for word in WORDS})


def of_history(history: History, environment: str) -> Content:
    """What runs in an environment; CommandError (2) when nothing does."""
    entry = history.find(history.current)
    if entry is None:
        raise CommandError(
            f"nothing runs in {environment} yet whose images could be taken",
            "give them: --image NAME=REPOSITORY@DIGEST, --release FILE or --from ENV",
        )
    images = {name: _entry(_apart(pinned)) for name, pinned in entry.images.items()}
    return Content(images, {word: str(getattr(entry, word)) for word in WORDS})


def _given(text: str) -> tuple[str, dict[str, str]]:
    found = _GIVEN.match(text)
    if not found:
        raise CommandError(
            f"--image {text!r} is no image by digest",
            "write NAME=REPOSITORY@sha256:…, with the registry's host; a tag names another image tomorrow",
        )
    parts = found.groupdict(default="")
    return parts.pop("name"), parts


def _apart(pinned: str) -> dict[str, Any]:
    repository, _, digest = pinned.partition("@")
    return {"repository": repository, "digest": digest}


def _entry(image: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(image.get(key) or "") for key in ("repository", "tag", "digest")}
