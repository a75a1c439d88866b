"""What earlier releases found out about documents: which object is in one, and what that object's content is.

A document is known by a fingerprint of its bytes and of all that decides what becomes of them: this code, the
namespace, the set's label, the delivery, and the digests of those release images that it may name.
"""

import functools
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from deployer.bump.references import Image
from deployer.inventory import Member
from deployer.inventory.key import fingerprint

_READERS = ("yaml/*.py*", "render/*.py*", "bump/*.py*", "completion.py*", "desired.py*", "objects.py*")


@functools.cache
def code() -> str:
    """A hash of the code that makes objects of text: another version's findings are not trusted."""
    root = Path(__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for pattern in _READERS for path in root.glob(pattern)):
        found.update(path.read_bytes())
    return found.hexdigest()


class Memo:
    def __init__(
        self, key: bytes, members: Iterable[Member], images: Mapping[str, Image], where: Iterable[str]
    ) -> None:
        """`where` names the place: namespace, label, other namespaces."""
        self._key = key
        self._known = {member.raw: member for member in members if member.raw and member.content}
        self._where = "\0".join([code(), *where])
        self._images = [(name, image.path, image.digest) for name, image in sorted(images.items())]

    @property
    def key(self) -> bytes:
        return self._key

    def raw(self, text: str, delivery: str) -> str:
        """The fingerprint of a document of a delivery."""
        words = "\0".join([self._where, delivery, *self._pins(text), text])
        return fingerprint(self._key, words.encode(errors="surrogatepass"))

    def known(self, raw: str) -> Member | None:
        return self._known.get(raw)

    def _pins(self, text: str) -> list[str]:
        if "\\" in text:  # an escape may hide a name
            return [digest for _, _, digest in self._images]
        if "image" not in text:
            return []
        return [digest for name, path, digest in self._images if name in text or path in text]
