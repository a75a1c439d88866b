"""What a build asks for, and what it is told."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from deployer.errors import Fatal
from deployer.outcome import Token
from deployer.values import dataclass

LARGEST = 4 * 1024 * 1024  # bytes of a release; Lambda takes 6 MB of JSON in all
BUILD = re.compile(r"[A-Za-z0-9_-]{2,150}:[0-9a-f-]{36}")


@dataclass(frozen=True)
class Request:
    build: str  # the id of the build that asks
    release: bytes  # the zip of what is released
    token: Token | None  # that an earlier answer gave


def read_request(event: Mapping[str, Any]) -> Request:
    """Fatal for anything else than `{"build": ID, "release": BASE64, "token": {…}}`, the token if there is one."""
    build, release, token = event.get("build"), event.get("release"), event.get("token")
    if set(event) - {"build", "release", "token"}:
        raise _bad(f"there is no {', '.join(sorted(set(event) - {'build', 'release', 'token'}))}")
    if not isinstance(build, str) or not BUILD.fullmatch(build):
        raise _bad("`build` is the id of a CodeBuild build")
    if not isinstance(release, str) or len(release) > LARGEST * 4 // 3 + 4:
        raise _bad(f"`release` is a zip in base64, of {LARGEST // 2**20} MiB at most")
    try:
        return Request(build, base64.b64decode(release, validate=True), _token(token))
    except (ValueError, TypeError, KeyError) as error:
        raise _bad(f"`release` or `token` cannot be read ({type(error).__name__})") from None


def _token(given: object) -> Token | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise TypeError(given)
    return Token(int(given["release"]), str(given["stage"]), int(given["fence"]), str(given["mac"]))


def _bad(reason: str) -> Fatal:
    return Fatal(f"{reason}.", subject="the request", kind="ConfigurationError")
