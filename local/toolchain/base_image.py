"""An image to build from where no registry outside answers: Debian with Python, from Debian's packages."""

import time
import urllib.error
import urllib.request
from pathlib import Path

from local.toolchain.tool import Site, Tool, run

PACKAGES = "python3,python-is-python3,ca-certificates"
OUTSIDE = ("https://public.ecr.aws/v2/", "https://registry-1.docker.io/v2/")
PROBE_SECONDS = 2.0
REMEMBERED_SECONDS = 24 * 3600
ARCHIVE = "images/base-bookworm.tar"


def tool() -> Tool:
    return Tool(
        "base image", "bookworm", (f"../{ARCHIVE}",), install, needed=lambda site: not registry_outside(site.cache)
    )


def install(site: Site) -> str:
    site.say("no image registry outside answers: making a base image from Debian packages")
    make(site)
    return "mmdebstrap"


def registry_outside(cache: Path) -> bool:
    """Whether images can be pulled from outside; asked once a day, since asking may cost two seconds."""
    note = cache / "images" / "outside"
    if note.exists() and time.time() - note.stat().st_mtime < REMEMBERED_SECONDS:
        return note.read_text() == "yes"
    answer = any(_answers(url) for url in OUTSIDE)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("yes" if answer else "no")
    return answer


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PROBE_SECONDS / len(OUTSIDE)):  # noqa: S310  always https
            return True
    except urllib.error.HTTPError as refused:
        return refused.code == 401  # a registry asks who we are; a proxy that forbids says something else
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def make(site: Site) -> None:
    """The root file system of a minimal Debian as a tar; a killed run leaves nothing that looks finished."""
    archive = site.cache / ARCHIVE
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(".part.tar")
    # In namespaces of its own, so that neither a mount nor a process outlives it.
    argv = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"]
    argv += ["--mount-proc", "--", "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={PACKAGES}"]
    argv += ['--aptopt=Acquire::Languages "none"', "--dpkgopt=path-exclude=/usr/share/doc/*"]
    argv += ["--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*"]
    scratch = site.cache / "images" / "scratch"
    scratch.mkdir(exist_ok=True)
    run(site, "base-image", [*argv, "bookworm", str(unfinished)], environ={**site.environ, "TMPDIR": str(scratch)})
    unfinished.rename(archive)
