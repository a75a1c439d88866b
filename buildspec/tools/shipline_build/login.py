"""Logging the engine in to where the images go, and where base images come from."""

from __future__ import annotations

import subprocess

from . import harbor, plan
from .fatal import Fatal
from .run import ask, say
from .settings import Settings


def run(settings: Settings) -> None:
    """Log in to ECR or Harbor, when there is anything to push, or to read for an SBOM."""
    planned = plan.read(settings).images
    wanted = [image for image in settings.images if planned[image.name].digest is None or settings.sbom]
    hosts = {image.host: image for image in wanted}
    if not hosts:
        say("nothing to push: no login")
    for host, image in sorted(hosts.items()):
        if image.robot is None:
            _login(host, image.region)
        else:
            harbor.login(host, image.robot)
    if any(planned[image.name].digest is None for image in settings.images):
        for host in sorted({base.partition("/")[0] for base in settings.bases.values()} - hosts.keys()):
            _login(host, host.split(".")[3])


def _login(host: str, region: str) -> None:
    asked = ask(["aws", "ecr", "get-login-password", "--region", region])
    if asked.returncode:
        raise Fatal(f"no password for {host}: {asked.stderr.strip()}")
    try:
        done = subprocess.run(
            ["docker", "login", "--username", "AWS", "--password-stdin", host],
            input=asked.stdout,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Fatal("the program docker is not on PATH") from None
    if done.returncode:
        raise Fatal(f"docker cannot log in to {host}: {done.stderr.strip()}")
    say(f"logged in to {host}")
