"""The base images that the pipeline looks after: which build argument gets which image, by its digest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from .fatal import Fatal

IMAGES = "SHIPLINE_BASE_IMAGES"
DIGESTS = "SHIPLINE_BASE_DIGESTS"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def read(environ: Mapping[str, str]) -> dict[str, str]:
    """Argument → repository@digest; empty where there are none. Fatal when the pipeline does not tell each digest."""
    repositories: dict[str, str] = json.loads(environ.get(IMAGES) or "{}")
    digests = environ.get(DIGESTS, "").split() if repositories else []
    if len(digests) != len(repositories) or not all(map(DIGEST.fullmatch, digests)):
        raise Fatal(f"{DIGESTS} does not tell the digest of each base image: the pipeline's Source stage does")
    pairs = zip(repositories.items(), digests, strict=True)
    return {argument: f"{repository}@{digest}" for (argument, repository), digest in pairs}
