"""A release before it is planned: its images signed, its provenance signed and true, by the environment's key.

All that an artifact brings is asked, also when CodePipeline runs a stage again with an earlier release's artifact. What
goes back to a set that the cluster keeps is not: it went in by this gate, by the same digests, or before there was
one; and a way back must not depend on a key.
"""

from pathlib import Path

from deployer.errors import Fatal
from deployer.gates.provenance import NAME, REMEDY, disagreements, parse
from deployer.gates.signature import wrong
from deployer.release import Release
from deployer.target import Sign
from deployer.world import Signatures

MOST_TOLD = 8


def pass_signatures(sign: Sign, signatures: Signatures, release: Release, artifact: Path) -> None:
    """Fatal with every image that is not signed, and with what the provenance says otherwise."""
    named = [
        *(("image", each) for each in release.images.values()),
        *(("chart", each) for each in release.charts.values()),
    ]
    found = [(kind, image.name, wrong(image, signatures.of(image), signatures.holds)) for kind, image in named]
    refused = [f"{kind} {name} is not signed by {sign.key}: {why}" for kind, name, why in found if why]
    if refused:
        raise Fatal(
            "\n".join(refused) + ".",
            subject="signature",
            remedy="Release anew: the build signs all of it. What it did not build or find is not to be released.",
        )
    _pass_provenance(sign, signatures, release, artifact)


def _pass_provenance(sign: Sign, signatures: Signatures, release: Release, artifact: Path) -> None:
    envelope = parse(artifact)
    if not any(signatures.holds(envelope.message, each) for each in envelope.signatures if each):
        raise Fatal(f"it is not signed by {sign.key}.", subject=NAME, remedy=REMEDY)
    found = disagreements(envelope, release, sign, artifact)
    if found:
        more = [f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
        raise Fatal(
            "\n".join([*found[:MOST_TOLD], *more]) + ".",
            subject=NAME,
            remedy="Look who may write to the artifact bucket, and release anew.",
        )
