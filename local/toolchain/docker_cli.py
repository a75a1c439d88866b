"""The docker command: this machine's own, else the program out of Debian's docker.io, whose daemon stays away."""

import shutil
import tempfile
from pathlib import Path

from local.toolchain.tool import InstallFailed, Site, Tool, replace, run


def tool() -> Tool:
    return Tool("docker command", "20", ("bin/docker",), install, needed=_needed)


def _needed(site: Site) -> bool:
    return shutil.which("docker", path=site.environ.get("PATH")) is None


def install(site: Site) -> str:
    with tempfile.TemporaryDirectory(dir=site.cache) as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # apt fetches as a user of its own
        run(site, "apt-update", ["apt-get", "update", "--quiet"])
        run(site, "docker", ["apt-get", "download", "--quiet", "docker.io"], cwd=folder)
        package = next(folder.glob("docker.io_*.deb"), None)
        if package is None:
            raise InstallFailed("apt-get download docker.io left no package")
        run(site, "docker", ["dpkg-deb", "--extract", str(package), str(folder / "unpacked")])
        replace(site.bin / "docker", (folder / "unpacked/usr/bin/docker").read_bytes(), mode=0o755)
    return "the program of Debian's docker.io"
