"""`oci://HOST/PATH[:VERSION]@sha256:…`: a chart in a registry, by digest."""

import re

from deployer.errors import Fatal
from deployer.values import dataclass

SCHEME = "oci://"
_REFERENCE = re.compile(
    r"oci://(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)/"
    r"(?P<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(?P<version>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?\Z"
)


@dataclass(frozen=True)
class Reference:
    host: str
    path: str
    version: str  # with Helm's `+`, which a tag cannot hold; "" when it is not told
    digest: str

    @property
    def name(self) -> str:
        """The chart's name: Helm pushes it under the last part of the path."""
        return self.path.rpartition("/")[2]


def parse(text: str) -> Reference:
    """Fatal for what is no reference, and for one by tag alone: a tag can be moved."""
    found = _REFERENCE.match(text)
    if not found:
        raise Fatal(
            "not a chart in a registry.",
            subject=text[:200],
            remedy="It is written oci://HOST/PATH:VERSION@sha256:DIGEST.",
            kind="ConfigurationError",
        )
    if not found["digest"]:
        raise Fatal(
            "it has no digest, and a tag can be moved.",
            subject=text,
            remedy=f"Write {text}@sha256:…, with the digest that `helm push` or `aws ecr describe-images` tells.",
            kind="ConfigurationError",
        )
    return Reference(found["host"], found["path"], (found["version"] or "").replace("_", "+"), found["digest"])
