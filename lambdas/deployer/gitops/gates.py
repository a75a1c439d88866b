"""Artifact -> a release that may go on: what every release has to pass before anything is written anywhere."""

import tempfile
from pathlib import Path

from deployer.gates.admission import admitted
from deployer.gitops.site import Site
from deployer.release import Release
from deployer.world import Request


def passed(site: Site, request: Request) -> tuple[Release, str]:
    """The release, and what its scans have shown. Fatal when it may not; AtWork while a scan is not done."""
    with tempfile.TemporaryDirectory(prefix="artifact-") as name:
        folder = Path(name)
        request.fetch(folder)
        return admitted(site, folder)
