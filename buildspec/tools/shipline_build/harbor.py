"""What a Harbor knows of an image, and logging the engine in to it, by a robot account.

The robot is read from Secrets Manager as the JSON that Harbor gives for one. Its password goes to Harbor over TLS and
to `docker login` by standard input, and nowhere else: no variable, no argument, no plan, no line that is shown.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from .fatal import Fatal
from .run import say
from .secret import kept

if TYPE_CHECKING:
    from .settings import Image

TIMEOUT = 30.0
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True)
class Robot:
    name: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.name}:{self.password}".encode()).decode()


def digest(image: Image, tag: str) -> str | None:
    """The digest behind the tag; None when nobody has pushed it, or when there is no robot to ask with."""
    if not image.robot:
        return None
    project, _, repository = image.repository_name.partition("/")
    # Harbor takes a repository's name escaped twice: it may have slashes.
    path = f"/api/v2.0/projects/{project}/repositories/{quote(quote(repository, safe=''), safe='')}/artifacts/{tag}"
    status, body = _get(image.host, path, robot(image.robot))
    if status == http.client.NOT_FOUND:
        return None
    asked = f"cannot ask Harbor about {image.repository}:{tag}"
    if status != http.client.OK:
        raise Fatal(f"{asked}: it answers {status}{_words(body)}")
    try:
        found = str(json.loads(body)["digest"])
    except (ValueError, KeyError, TypeError):
        raise Fatal(f"{asked}: {image.host} is no Harbor of API v2.0") from None
    if not found.startswith("sha256:"):
        raise Fatal(f"{asked}: it tells {found[:80]}, which is no digest")
    return found


def login(host: str, reference: str) -> None:
    known = robot(reference)
    argv = ["docker", "login", "--username", known.name, "--password-stdin", host]
    try:
        done = subprocess.run(argv, input=known.password, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Fatal("the program docker is not on PATH") from None
    if done.returncode:
        raise Fatal(f"docker cannot log in to {host}: {done.stderr.strip().replace(known.password, '***')}")
    say(f"logged in to {host}")


@cache
def robot(reference: str) -> Robot:
    """Read once; Fatal, without a value in it, for what is no robot of Harbor's."""
    try:
        told = json.loads(kept("robot", reference))
        return Robot(str(told["name"]), str(told["secret"]))
    except (ValueError, KeyError, TypeError):
        wanted = 'a JSON object of Harbor\'s for a robot: {"name": …, "secret": …}'
        raise Fatal(f"the secret {reference} is not {wanted}") from None


def _get(host: str, path: str, known: Robot) -> tuple[int, bytes]:
    """One request over TLS; it follows no redirect, which would take the password elsewhere."""
    connection = http.client.HTTPSConnection(host, timeout=TIMEOUT, context=ssl.create_default_context())
    try:
        connection.request("GET", path, headers={"Accept": "application/json", "Authorization": known.basic})
        answer = connection.getresponse()
        return answer.status, answer.read(LARGEST)
    except (OSError, http.client.HTTPException) as error:
        raise Fatal(f"Harbor does not answer at {host}: {error}") from None
    finally:
        connection.close()


def _words(body: bytes) -> str:
    """Harbor's own, where it gives any."""
    try:
        told = "; ".join(str(each["message"]) for each in json.loads(body)["errors"])
    except (ValueError, KeyError, TypeError):
        return ""
    return f": {told}" if told else ""
