"""git's smart HTTP below /v1/repos/: who is it, may they, then git's own http-backend, streamed both ways.

GET  /v1/repos/NAME/info/refs?service=git-upload-pack | git-receive-pack
POST /v1/repos/NAME/git-upload-pack | git-receive-pack
"""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs

from local.context import AccessDenied, Identity, Principal
from local.git import credentials
from local.git.command import environment
from local.git.credentials import Rejected
from local.git.pushes import Pushes
from local.git.repositories import Repositories, arn, valid
from local.settings import Home

PREFIX = "/v1/repos/"
PATH = re.compile(r"/v1/repos/([^/]+)/(info/refs|git-upload-pack|git-receive-pack)")
ACTIONS = {"git-upload-pack": "codecommit:GitPull", "git-receive-pack": "codecommit:GitPush"}
CHUNK = 64 * 1024

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Refused(Exception):
    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Asked:
    repository: str
    tail: str
    service: str


class GitHttp:
    """The WSGI application."""

    def __init__(self, home: Home, identity: Identity, repositories: Repositories, pushes: Pushes) -> None:
        self._home = home
        self._identity = identity
        self._repositories = repositories
        self._pushes = pushes

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            asked = _asked(environ)
            caller = self._caller(environ, asked)
            self._authorize(caller, asked)
        except Refused as refused:
            return _refuse(refused, start_response)
        push = self._pushes.announced()
        backend = self._backend(environ, asked, caller, push)
        return self._answer(backend, environ, start_response, push)

    def _caller(self, environ: Environ, asked: Asked) -> Principal:
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        if not authorization:
            raise Refused("401 Unauthorized", "git must send what `aws codecommit credential-helper` gives")
        host = environ.get("HTTP_HOST", "127.0.0.1")
        try:
            sent = credentials.parse(authorization)
            path, secret_of = PREFIX + asked.repository, self._identity.secret_key
            credentials.verify(sent, path, host, self._home.region, secret_of, time.time())
        except Rejected as rejected:
            raise Refused("403 Forbidden", str(rejected)) from None
        principal = self._identity.principal(sent.access_key, sent.session_token)
        if principal is None:
            raise Refused("403 Forbidden", "the access key is not known here")
        return principal

    def _authorize(self, caller: Principal, asked: Asked) -> None:
        try:
            self._identity.check(caller, ACTIONS[asked.service], arn(self._home, asked.repository))
        except AccessDenied as denied:
            raise Refused("403 Forbidden", str(denied)) from None
        if not valid(asked.repository) or self._repositories.facts(asked.repository) is None:
            raise Refused("404 Not Found", f"repository {asked.repository} does not exist")

    def _backend(self, environ: Environ, asked: Asked, caller: Principal, push: Path) -> "subprocess.Popen[bytes]":
        protocol = environ.get("HTTP_GIT_PROTOCOL", "")
        cgi = {
            "GIT_PROJECT_ROOT": str(self._home.git),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{asked.repository}.git/{asked.tail}",
            "QUERY_STRING": environ.get("QUERY_STRING", ""),
            "REQUEST_METHOD": environ["REQUEST_METHOD"],
            "CONTENT_TYPE": environ.get("CONTENT_TYPE", ""),
            "CONTENT_LENGTH": environ.get("CONTENT_LENGTH", ""),
            "HTTP_CONTENT_ENCODING": environ.get("HTTP_CONTENT_ENCODING", ""),
            "REMOTE_USER": caller.arn,
            "REMOTE_ADDR": environ.get("REMOTE_ADDR", "127.0.0.1"),
            **({"HTTP_GIT_PROTOCOL": protocol, "GIT_PROTOCOL": protocol} if protocol else {}),
            **self._pushes.environment(push, asked.repository, caller.arn),
        }
        return subprocess.Popen(
            ["git", "http-backend"], env=environment(**cgi), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _answer(
        self, backend: "subprocess.Popen[bytes]", environ: Environ, start_response: StartResponse, push: Path
    ) -> Iterator[bytes]:
        feeder = threading.Thread(target=_feed, args=(environ["wsgi.input"], _pipe(backend.stdin)), daemon=True)
        feeder.start()
        output = _pipe(backend.stdout)
        try:
            status, headers = _head(output)
            start_response(status, headers)
            while piece := output.read1(CHUNK):  # type: ignore[attr-defined]
                yield piece
        finally:
            output.close()
            feeder.join()
            backend.wait()
            # Also when the client went away while it was answered: what git took in has happened.
            self._pushes.tell(push)


def _asked(environ: Environ) -> Asked:
    found = PATH.fullmatch(environ.get("PATH_INFO", ""))
    if not found:
        raise Refused("404 Not Found", "only git's smart HTTP protocol is spoken here")
    repository, tail = found.groups()
    if tail != "info/refs":
        return Asked(repository, tail, tail)
    service = parse_qs(environ.get("QUERY_STRING", "")).get("service", [""])[0]
    if service not in ACTIONS:
        raise Refused("403 Forbidden", "only git's smart HTTP protocol is spoken here")
    return Asked(repository, tail, service)


def _refuse(refused: Refused, start_response: StartResponse) -> Iterable[bytes]:
    """In plain text, which git shows to its user as `remote: …`."""
    body = f"{refused}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    if refused.status.startswith("401"):
        headers.append(("WWW-Authenticate", 'Basic realm="CodeCommit"'))
    start_response(refused.status, headers)
    return [body]


def _feed(source: IO[bytes], sink: IO[bytes]) -> None:
    try:
        with sink:
            while piece := source.read(CHUNK):
                sink.write(piece)
    except BrokenPipeError:
        pass  # git has read all it wants


def _head(output: IO[bytes]) -> tuple[str, list[tuple[str, str]]]:
    """The CGI header lines of http-backend."""
    headers: dict[str, str] = {}
    while line := output.readline().strip():
        name, _, value = line.decode().partition(":")
        headers[name] = value.strip()
    status = headers.pop("Status", "200 OK" if headers else "500 git failed")
    return status, list(headers.items())


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a process without pipes")
    return pipe
