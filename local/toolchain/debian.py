"""Debian packages: those whose programs are missing are installed, and no service of theirs is started."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.settings import cache_root
from local.toolchain.tool import InstallFailed, Site, Tool, replace, run

# package → the file that shows it is there, whoever put it there
PACKAGES = {
    "containerd": "/usr/bin/containerd",
    "runc": "/usr/sbin/runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "podman": "/usr/bin/podman",
    "conmon": "/usr/bin/conmon",
    "slirp4netns": "/usr/bin/slirp4netns",
    "nftables": "/usr/sbin/nft",
    "iptables": "/usr/sbin/iptables",
    "docker-registry": "/usr/bin/docker-registry",
    "mmdebstrap": "/usr/bin/mmdebstrap",
    "iproute2": "/usr/sbin/ip",
    "util-linux": "/usr/bin/unshare",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
    "git": "/usr/bin/git",
}
POLICY = Path("/usr/sbin/policy-rc.d")
DENY = b"#!/bin/sh\n# Shipline installs packages; their services must not start.\nexit 101\n"
LIST = "debian-packages.txt"


def missing() -> list[str]:
    return [package for package, witness in PACKAGES.items() if not Path(witness).exists() and not _on_path(witness)]


def tool() -> Tool:
    """Always asked for: only the files say whether it is there."""
    return Tool("Debian packages", "1", (), install, needed=lambda site: bool(missing()))


def install(site: Site) -> str:
    wanted = missing()
    site.say(f"Debian packages: {' '.join(wanted)}")
    before = _installed_names()
    environ = {**site.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    with _services_denied():
        run(site, "apt-update", ["apt-get", "update", "--quiet"], environ=environ)
        argv = ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "--", *wanted]
        run(site, "apt-install", argv, environ=environ)
    added = sorted(_installed_names() - before)
    replace(site.tools / LIST, "\n".join([*sorted({*_recorded(site.tools), *added}), ""]).encode())
    _disable_services(added)
    if missing():
        raise InstallFailed(f"apt-get installed {' '.join(wanted)}, but these are not there: {' '.join(missing())}")
    return f"apt-get: {len(added)} packages"


def debian_packages_installed(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The packages that we had apt install, with those that they brought along: they stay after `down`."""
    return _recorded(cache_root(environ) / "tools")


def _recorded(tools: Path) -> list[str]:
    path = tools / LIST
    return path.read_text().split() if path.exists() else []


def _on_path(witness: str) -> bool:
    path = Path(witness)
    return (
        path.parent.name in ("bin", "sbin")
        and shutil.which(path.name, path="/usr/local/sbin:/usr/local/bin") is not None
    )


def _installed_names() -> set[str]:
    argv = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\\n"]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[1] for line in lines if line.startswith("installed ")}


def _disable_services(packages: list[str]) -> None:
    """Nor at the next boot: what the machine runs, it runs itself."""
    if shutil.which("systemctl") is None or not packages:
        return
    files = subprocess.run(["dpkg", "--listfiles", *packages], capture_output=True, text=True, check=True).stdout
    units = {Path(each).name for each in files.splitlines() if "/systemd/system/" in each}
    startable = sorted(each for each in units if each.endswith((".service", ".socket", ".timer")) and "@" not in each)
    if startable:
        # A unit without an [Install] section cannot be disabled, which is as good.
        subprocess.run(["systemctl", "disable", "--quiet", *startable], capture_output=True, check=False)


@contextmanager
def _services_denied() -> Iterator[None]:
    """Debian asks this file whether a service may start; one that was there is put back."""
    theirs = POLICY.read_bytes() if POLICY.exists() else None
    if theirs == DENY:
        theirs = None  # ours, of a run that was killed
    replace(POLICY, DENY, mode=0o755)
    try:
        yield
    finally:
        if theirs is None:
            POLICY.unlink()
        else:
            replace(POLICY, theirs, mode=0o755)
