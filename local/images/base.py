"""The base image in the engine: what builds start from where no registry outside answers."""

import docker
import docker.errors

from local.settings import Home
from local.toolchain.base_image import ARCHIVE, registry_outside

REFERENCE = "localhost/shipline/base:bookworm"


class NoBaseImage(Exception):
    """The toolchain has not made it."""


def needed(home: Home) -> bool:
    return not registry_outside(home.cache)


def load(home: Home) -> bool:
    """See to it that the engine has the base image; whether it was news to it."""
    archive = home.cache / ARCHIVE
    client = docker.DockerClient(base_url=f"unix://{home.engine_socket}", timeout=300)
    try:
        client.images.get(REFERENCE)
        return False
    except docker.errors.ImageNotFound:
        if not archive.exists():
            raise NoBaseImage(f"{archive} is missing: python -m local.toolchain makes it") from None
        # The tag goes with the name: podman does not read it from where docker-py would put it.
        client.api.import_image_from_file(str(archive), repository=REFERENCE)
        return True
    finally:
        client.close()
