"""The `docker` of this machine's builds: what some of its commands need here, and else the docker command itself.

The docker command hands secrets to BuildKit alone, and the engine here is podman. A build with secrets goes to the
engine's own API: arguments → request → the engine's words. The engine joins a secret's path to its copy of the
context; the path given to it leads out of there, to the file itself: no secret is ever in a context, where a COPY
would find it. A build for a platform makes all of its layers, since this engine's kept ones know no platform. A
container with all rights is refused: what it changes would be the machine's. Runs as a program of its own, from the
folder that is its first argument.
"""

import argparse
import http.client
import io
import json
import os
import shutil
import socket
import sys
import tarfile
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

OUT = "../" * 40  # deeper than any context lies; a root's parent is the root
API = "/v1.41/build"


class Refused(Exception):
    """What this command cannot do."""


class EngineSocket(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("engine", timeout=None)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    own, *asked = argv
    if list(asked[:1]) == ["buildx"]:
        print("docker buildx: this engine is podman: it has no BuildKit, and keeps its layers itself", file=sys.stderr)
        return 1
    if _with_all_rights(asked):
        print("docker run: this machine runs no privileged containers, so it emulates no processors", file=sys.stderr)
        return 1
    if not _with_secrets(asked):
        _instead(own, _anew(asked), environ)
    try:
        options = _parser().parse_args(asked[asked.index("build") + 1 :])
        engine = environ.get("DOCKER_HOST", "").removeprefix("unix://")
        return _build(query(options, environ), context(options), engine, quiet=options.quiet)
    except (Refused, OSError, http.client.HTTPException) as error:
        print(f"docker build: {error}", file=sys.stderr)
        return 1


def _with_secrets(asked: Sequence[str]) -> bool:
    return _builds(asked) and _has(asked, "--secret")


def _builds(asked: Sequence[str]) -> bool:
    return list(asked[:1]) == ["build"] or list(asked[:2]) in (["image", "build"], ["builder", "build"])


def _has(asked: Sequence[str], option: str) -> bool:
    return any(each.partition("=")[0] == option for each in asked)


def _with_all_rights(asked: Sequence[str]) -> bool:
    runs = list(asked[:1]) == ["run"] or list(asked[:2]) == ["container", "run"]
    return runs and _has(asked, "--privileged")


def _anew(asked: Sequence[str]) -> list[str]:
    """A build for a platform, without what the engine has kept of builds for others."""
    if not (_builds(asked) and _has(asked, "--platform")):
        return list(asked)
    where = asked.index("build") + 1
    return [*asked[:where], "--no-cache", *asked[where:]]


def _instead(own: str, asked: Sequence[str], environ: Mapping[str, str]) -> None:
    """Become the docker command that comes next on PATH."""
    places = [place for place in environ.get("PATH", os.defpath).split(os.pathsep) if place != own]
    program = shutil.which("docker", path=os.pathsep.join(places))
    if program is None:
        raise SystemExit("the docker command is not on PATH")
    os.execv(program, ["docker", *asked])  # noqa: S606 - the same arguments, to the program they are meant for


def _parser() -> argparse.ArgumentParser:
    """What of `docker build` goes together with secrets here; anything else ends with status 2 and its name."""
    parser = argparse.ArgumentParser(prog="docker build (with secrets, on this machine)", allow_abbrev=False)
    parser.add_argument("--file", "-f", default="")
    for several in ("--tag", "--build-arg", "--label", "--secret"):
        parser.add_argument(several, *(["-t"] if several == "--tag" else []), action="append", default=[])
    parser.add_argument("--target", default="")
    parser.add_argument("--platform", default="")
    for switch in ("--no-cache", "--pull"):
        parser.add_argument(switch, action="store_true")
    parser.add_argument("--quiet", "-q", action="store_true")
    parser.add_argument("--progress", help="has no effect")
    parser.add_argument("context")
    return parser


def query(options: argparse.Namespace, environ: Mapping[str, str]) -> str:
    """The parameters of the engine's API."""
    parameters: list[tuple[str, str]] = [("t", tag) for tag in options.tag]
    parameters += [
        ("dockerfile", dockerfile(options)),
        ("buildargs", json.dumps(dict(_pair(each, environ) for each in options.build_arg))),
        ("labels", json.dumps(dict(_pair(each, {}) for each in options.label))),
        ("secrets", json.dumps([secret(each) for each in options.secret])),
        ("target", options.target),
        ("platform", options.platform),
        ("nocache", "1" if options.no_cache or options.platform else ""),
        ("pull", "1" if options.pull else ""),
        ("rm", "1"),
    ]
    return urlencode([(name, value) for name, value in parameters if value])


def _pair(text: str, environ: Mapping[str, str]) -> tuple[str, str]:
    name, given, value = text.partition("=")
    return name, value if given else environ.get(name, "")


def secret(text: str) -> str:
    """`id=NAME,src=FILE` as the engine takes it; Refused when it is of another kind, or its file cannot be read."""
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    name, source = parts.pop("id", ""), parts.pop("src", parts.pop("source", ""))
    if not name or not source or parts.pop("type", "file") != "file" or parts:
        raise Refused(f"a secret is written id=NAME,src=FILE on this machine, not {text}")
    path = os.path.realpath(source)
    if not os.access(path, os.R_OK):
        raise Refused(f"the file of the secret {name} cannot be read: {source}")
    return f"id={name},src={OUT}{path.lstrip('/')}"


def dockerfile(options: argparse.Namespace) -> str:
    """Seen from the context, as the engine sees it."""
    if options.context == "-" or not options.file:
        return str(options.file or "Dockerfile")
    inside: str = os.path.relpath(options.file, options.context)
    if inside.startswith(".."):
        raise Refused(f"{options.file} is not in the context {options.context}")
    return inside


def context(options: argparse.Namespace) -> bytes:
    """A tar; the engine itself heeds .dockerignore."""
    if options.context == "-":
        return sys.stdin.buffer.read()
    if not os.path.isdir(options.context):
        raise Refused(f"the context {options.context} is not a folder")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(options.context, ".")
    return buffer.getvalue()


def _build(parameters: str, archive: bytes, engine: str, *, quiet: bool) -> int:
    """0, or Refused with the engine's words. `engine` is the path of its socket."""
    connection = EngineSocket(engine)
    connection.request("POST", f"{API}?{parameters}", archive, {"Content-Type": "application/x-tar"})
    answer = connection.getresponse()
    if answer.status != http.client.OK:
        raise Refused(f"the engine answers {answer.status}: {answer.read().decode('utf-8', 'replace').strip()}")
    image = ""
    for line in answer:
        told = json.loads(line)
        if "error" in told:
            raise Refused(str(told["error"]).strip())
        image = told.get("aux", {}).get("ID", image)
        if not quiet:
            print(told.get("stream", ""), end="", flush=True)
    if not image:
        raise Refused("the engine ended without an image")
    if quiet:
        print(image)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
