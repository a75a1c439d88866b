"""The artifact's release, once it has passed what every release has to pass before anything of it is rendered or
committed: its images are there, its bills of materials are theirs, it is signed, and its scans show no more than the
environment allows. A release that goes back to what the cluster keeps is asked nothing: it went in by these gates.
"""

from pathlib import Path
from typing import Protocol

from deployer.errors import Fatal
from deployer.ledger import UNSCANNED
from deployer.log import Log
from deployer.release import Release, read_release
from deployer.target import Target
from deployer.world import Registry, Scans, Signatures


class Asked(Protocol):
    """What the gates ask; both ways of delivering have it."""

    @property
    def target(self) -> Target: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def scans(self) -> Scans | None: ...
    @property
    def signatures(self) -> Signatures | None: ...
    @property
    def log(self) -> Log: ...


def admitted(asked: Asked, artifact: Path) -> tuple[Release, str]:
    """The release, and what its scans have shown, in a few words. Fatal when it may not go on; AtWork while a scan is
    not done."""
    release = _released(asked.target, artifact)
    asked.registry.check(release.images.values())
    _pass_signatures(asked, release, artifact)
    return release, _pass_scans(asked, release, artifact)


def _released(target: Target, artifact: Path) -> Release:
    """What the build made, with its bills of materials where the target asks for them."""
    release = read_release(artifact, target.service, target.images, target.charts)
    if not target.sbom:
        return release
    from deployer.gates.sbom import with_sboms

    return with_sboms(release, artifact)


def _pass_signatures(asked: Asked, release: Release, artifact: Path) -> None:
    """Whatever its scans say."""
    sign = asked.target.sign
    if sign is None:
        return
    if asked.signatures is None:
        raise Fatal("nobody here can ask for the signatures of a release.", kind="ConfigurationError")
    from deployer.gates.signed import pass_signatures

    pass_signatures(sign, asked.signatures, release, artifact)
    asked.log.event("signed", key=sign.key, images=sorted(release.images))


def _pass_scans(asked: Asked, release: Release, artifact: Path) -> str:
    if asked.target.scan is None or asked.scans is None:
        return UNSCANNED
    from deployer.gates.passing import pass_scans

    return pass_scans(asked.target.scan, asked.scans, release.images.values(), artifact)
