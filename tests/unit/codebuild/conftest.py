"""A CodeBuild of the tests' own: moto in this process over HTTP, real shells, an identity that allows everything."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import moto.codebuild.urls
import pytest
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from local.codebuild.service import CodeBuild, create
from local.context import AccessDenied, Context, Credentials, Principal, WSGIApplication
from local.identity.sessions import open_session
from local.settings import Addresses, Home

ROLE = "arn:aws:iam::123456789012:role/builder"
BUCKET = "artifacts"


@dataclass
class Permissive:
    """Everybody is who they say, and may do what is not in `denied`."""

    home: Home
    denied: set[str] = field(default_factory=set)
    untrusted: set[str] = field(default_factory=set)
    assumed: list[tuple[str, str, str]] = field(default_factory=list)

    def assume_as_service(self, role_arn: str, service: str, session_name: str) -> Credentials:
        if role_arn in self.untrusted:
            raise AccessDenied(f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
        self.assumed.append((role_arn, service, session_name))
        return Credentials("ASIAROLEROLEROLEROLE", "role-secret-key", "role-session-token")

    def session(self, credentials: Credentials) -> boto3.Session:
        return session(self.home, credentials)

    def owner_session(self) -> boto3.Session:
        return self.session(Credentials(self.home.addresses.access_key, self.home.addresses.secret_key, ""))

    def principal(self, access_key: str, session_token: str | None) -> Principal | None:
        if session_token:
            return Principal(
                "arn:aws:sts::123456789012:assumed-role/builder/someone", "123456789012", "assumed-role", ROLE
            )
        return Principal("arn:aws:iam::123456789012:root", "123456789012", "root")

    def check(self, principal: Principal, action: str, resource: str) -> None:
        if action in self.denied:
            raise AccessDenied(f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}")

    def middleware(self, app: WSGIApplication) -> WSGIApplication:
        return app


class Bus:
    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
        self.published.append({"source": source, "type": detail_type, "resources": resources, "detail": detail})


class NoServer:
    def mount(self, prefix: str, app: WSGIApplication) -> None:
        raise AssertionError("CodeBuild mounts nothing")

    def settle(self) -> None:
        raise AssertionError("CodeBuild settles nothing")


def session(home: Home, credentials: Credentials) -> boto3.Session:
    return open_session(home.endpoint_url, home.region, credentials)


@dataclass
class Workbench:
    home: Home
    identity: Permissive
    bus: Bus
    service: CodeBuild
    environment: dict[str, str]  # what every build gets
    prefix: list[str] = field(default_factory=list)  # in front of every build's shell
    clients: dict[str, Any] = field(default_factory=dict)  # made once: making one costs more than a build

    def client(self, name: str) -> Any:
        if name not in self.clients:
            self.clients[name] = self.identity.owner_session().client(name)
        return self.clients[name]

    @property
    def codebuild(self) -> Any:
        return self.client("codebuild")

    def project(self, name: str, buildspec: Any, **members: Any) -> None:
        """A project with no source and this buildspec (a dict goes as JSON)."""
        text = buildspec if isinstance(buildspec, str) else json.dumps(buildspec)
        request: dict[str, Any] = {
            "name": name,
            "source": {"type": "NO_SOURCE", "buildspec": text},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": ROLE,
        }
        self.codebuild.create_project(**{**request, **members})

    def start(self, name: str, **overrides: Any) -> str:
        return str(self.codebuild.start_build(projectName=name, **overrides)["build"]["id"])

    def show(self, build: str) -> dict[str, Any]:
        return dict(self.codebuild.batch_get_builds(ids=[build])["builds"][0])

    def wait(self, build: str, seconds: float = 20) -> dict[str, Any]:
        return self.until(build, lambda shown: shown["buildComplete"], seconds)

    def until(self, build: str, met: Callable[[dict[str, Any]], bool], seconds: float = 20) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while not met(shown := self.show(build)):
            assert time.monotonic() < deadline, shown
            time.sleep(0.03)
        return shown

    def run(self, commands: list[str], **spec: Any) -> dict[str, Any]:
        """One build of a project of its own, to its end."""
        name = f"p{len(self.codebuild.list_projects()['projects'])}x"
        self.project(name, {"version": "0.2", "phases": {"build": {"commands": commands}}, **spec})
        return self.wait(self.start(name))

    def log(self, build: dict[str, Any]) -> str:
        path: Path = self.home.logs / "builds" / f"{build['projectName']}-{build['buildNumber']}.log"
        return path.read_text()


def phase(build: dict[str, Any], name: str) -> dict[str, Any]:
    return dict(next(each for each in build["phases"] if each["phaseType"] == name))


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """moto behind HTTP; whichever service was made last answers as CodeBuild."""

    def answer(*asked: Any) -> Any:
        return REGISTERED[-1](*asked)

    stock = moto.codebuild.urls.url_paths
    moto.codebuild.urls.url_paths = {"{0}/$": answer}
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    moto.codebuild.urls.url_paths = stock


REGISTERED: list[Callable[..., Any]] = []


@pytest.fixture
def home(port: int, tmp_path: Path) -> Home:
    addresses = Addresses(port, 0, "127.9.9.1", "AKIAOWNEROWNEROWNERO", "owner-secret-key")
    return Home(tmp_path / "home", tmp_path / "cache", addresses)


@pytest.fixture
def bench(home: Home) -> Iterator[Workbench]:
    BackendDict.reset()
    identity, bus = Permissive(home), Bus()
    environment: dict[str, str] = {}
    prefix: list[str] = []
    service = create(Context(home, identity, bus, NoServer()), lambda: prefix, lambda: environment)
    REGISTERED.append(service.api.respond)
    service.start()
    made = Workbench(home, identity, bus, service, environment, prefix)
    made.client("s3").create_bucket(Bucket=BUCKET)
    yield made
    service.stop()


@pytest.fixture
def reopened(bench: Workbench) -> Callable[[], Workbench]:
    """The same home, opened anew, as after a restart of the machine."""

    def reopen() -> Workbench:
        service = create(Context(bench.home, bench.identity, bench.bus, NoServer()), list, dict)
        REGISTERED.append(service.api.respond)
        service.start()
        return Workbench(bench.home, bench.identity, bench.bus, service, {})

    return reopen
