"""Whose key signs what a build makes: what may be written, and the same with its default chosen."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pipeline.config.base import Model
from pipeline.config.kinds import KMS_KEY, shaped
from pipeline.config.problems import Finding

STEP = "release"  # of Shipline's tools: it pushes, signs, and writes release.json
RUN = re.compile(rf"\s{STEP}\b")


class Sign(Model):
    """The key that signs images and their provenance: a key of your own. The build may sign and verify with it, the
    deployers may only verify; where it is another account's, its own policy has to let them, too."""

    key: Annotated[str, shaped(KMS_KEY, "write the key's ARN: arn:aws:kms:REGION:ACCOUNT:key/ID")]
    """The ARN of an asymmetric KMS key: key spec `ECC_NIST_P256`, key usage `SIGN_VERIFY`. With another key, what was
    signed before is refused until the build has run again."""


@dataclass(frozen=True)
class Signing:
    key: str | None  # None: the delivery stack makes one


def resolve(written: Sign | bool) -> Signing | None:
    if isinstance(written, Sign):
        return Signing(written.key)
    return Signing(None) if written else None


def unsigned(signing: Signing | None, where: str | None, buildspec: str) -> Iterator[Finding]:
    """What a buildspec of the service's own, at `where`, does not sign is refused by each deployer."""
    if signing and not RUN.search(buildspec):
        wrong = f"{where} does not run the step `{STEP}` of Shipline's tools, which signs what is released"
        yield Finding(("sign",), wrong, "take the step over from the toolkit's buildspec/build.yaml, or do not sign")
