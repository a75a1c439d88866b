"""An image to build from where no registry outside answers: Debian with Python, from Debian's packages."""

import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import docker
import docker.errors

from local.settings import Home

BASE_REFERENCE = "localhost/shipline/base:bookworm"
PACKAGES = "python3,python-is-python3,ca-certificates"
OUTSIDE = ("https://public.ecr.aws/v2/", "https://registry-1.docker.io/v2/")
PROBE_SECONDS = 2.0
REMEMBERED_SECONDS = 24 * 3600


def registry_outside(home: Home) -> bool:
    """Whether images can be pulled from outside; asked once a day, since asking may cost two seconds."""
    note = home.cache / "images" / "outside"
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


def load(home: Home, say: Callable[[str], None]) -> None:
    """See to it that the engine has the base image."""
    client = docker.DockerClient(base_url=f"unix://{home.engine_socket}", timeout=300)
    try:
        client.images.get(BASE_REFERENCE)
    except docker.errors.ImageNotFound:
        archive = home.cache / "images" / "base-bookworm.tar"
        if not archive.exists():
            say(f"no image registry outside answers: making {BASE_REFERENCE} from Debian packages")
            make(archive)
        # The tag goes with the name: podman does not read it from where docker-py would put it.
        client.api.import_image_from_file(str(archive), repository=BASE_REFERENCE)
    finally:
        client.close()


def make(archive: Path) -> None:
    """The root file system of a minimal Debian as a tar; a killed run leaves nothing that looks finished."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(".part.tar")
    argv = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"]
    argv += ["--mount-proc", "--", "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={PACKAGES}"]
    argv += ["--aptopt=Acquire::Languages \"none\"", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    argv += ["--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*"]
    done = subprocess.run(
        [*argv, "bookworm", str(unfinished)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        unfinished.unlink(missing_ok=True)
        raise OSError(f"mmdebstrap could not make the base image: {done.stderr.strip()[-1500:]}")
    unfinished.rename(archive)
