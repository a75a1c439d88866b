"""Artifact -> a release that may go on: what every release has to pass before anything is written anywhere."""

import tempfile
from pathlib import Path

from deployer.gitops.site import Site
from deployer.ledger import UNSCANNED
from deployer.release import Release, read_release
from deployer.world import Request


def passed(site: Site, request: Request) -> tuple[Release, str]:
    """The release, and what its scans have shown. Fatal when it may not; AtWork while a scan is not done."""
    target = site.target
    with tempfile.TemporaryDirectory(prefix="artifact-") as name:
        folder = Path(name)
        request.fetch(folder)
        release = read_release(folder, target.service, target.images)
        site.registry.check(release.images.values())
        if target.scan is None or site.scans is None:
            return release, UNSCANNED
        from deployer.gates.passing import pass_scans

        return release, pass_scans(target.scan, site.scans, release.images.values(), folder)
