"""The docker command of builds: what goes to the engine's API, and what goes to the docker command untouched."""

import io
import json
import os
import socketserver
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from local.images import docker_command, view
from local.settings import Home

STEPS = ['{"stream": "STEP 1: FROM scratch\\n"}', '{"aux": {"ID": "sha256:abc"}}']


@dataclass
class Engine:
    """An engine's socket that answers with `lines`."""

    socket: Path
    lines: list[str] = field(default_factory=lambda: list(STEPS))
    status: int = 200
    asked: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def heard(self, path: str, body: bytes) -> None:
        self.asked = parse_qs(urlsplit(path).query)
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            self.files = {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]

    def run(self, *argv: str, folder: Path, given: bytes = b"", **environ: str) -> "subprocess.CompletedProcess[bytes]":
        program = [sys.executable, "-I", docker_command.__file__, str(folder / "own")]
        variables = {"DOCKER_HOST": f"unix://{self.socket}", "PATH": os.environ["PATH"], **environ}
        return subprocess.run(
            [*program, *argv], input=given, cwd=folder, env=variables, capture_output=True, timeout=20
        )


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "engine.sock")

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.heard(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write("".join(line + "\n" for line in made.lines).encode())

        def address_string(self) -> str:
            return "a socket has none"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            pass

    with socketserver.ThreadingUnixStreamServer(str(made.socket), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


def archived(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_a_secret_goes_to_the_engine_by_its_path_and_is_in_no_context(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret")
    asked = ["build", "--file", "Dockerfile", "--tag", "a/web:1", "--build-arg", "A=1", "--build-arg", "B"]
    ran = engine.run(
        *asked, "--secret", "id=npm,src=token", "-", folder=tmp_path, given=archived(Dockerfile="FROM scratch"), B="2"
    )
    assert (ran.returncode, ran.stdout) == (0, b"STEP 1: FROM scratch\n"), ran.stderr
    (secrets,) = engine.asked["secrets"]
    (given,) = json.loads(secrets)
    name, _, path = given.partition(",src=")
    assert name == "id=npm"
    # As the engine joins it to the context's folder, however deep that lies.
    assert os.path.normpath(f"/var/tmp/engine/build/{path}") == str(tmp_path / "token")
    assert engine.asked["t"] == ["a/web:1"]
    assert json.loads(engine.asked["buildargs"][0]) == {"A": "1", "B": "2"}
    assert engine.files == {"Dockerfile": b"FROM scratch"}


def test_a_folder_is_a_context_too(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/Dockerfile.web").write_text("FROM scratch")
    (tmp_path / "token").write_text("s3cret")
    ran = engine.run(
        "image", "build", "-q", "-f", "app/Dockerfile.web", "--secret=id=npm,source=token", "app", folder=tmp_path
    )
    assert (ran.returncode, ran.stdout) == (0, b"sha256:abc\n"), ran.stderr
    assert engine.asked["dockerfile"] == ["Dockerfile.web"]
    assert engine.files == {"./Dockerfile.web": b"FROM scratch"}


@pytest.mark.parametrize(
    ("lines", "status", "said"),
    [
        (['{"error": "RUN: exit status 3"}'], 200, "docker build: RUN: exit status 3"),
        (['{"message": "no such file"}'], 500, "the engine answers 500"),
        (['{"stream": "STEP 1\\n"}'], 200, "the engine ended without an image"),
    ],
)
def test_a_build_that_fails_says_why(engine: Engine, tmp_path: Path, lines: list[str], status: int, said: str) -> None:
    engine.lines, engine.status = lines, status
    (tmp_path / "token").touch()
    ran = engine.run("build", "--secret", "id=npm,src=token", "-", folder=tmp_path, given=archived(Dockerfile=""))
    assert ran.returncode == 1
    assert said in ran.stderr.decode()


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("id=npm,env=TOKEN", "is written id=NAME,src=FILE"),
        ("npm", "is written id=NAME,src=FILE"),
        ("id=npm,src=nowhere", "the secret npm cannot be read: nowhere"),
    ],
)
def test_a_secret_of_another_kind_is_refused(engine: Engine, tmp_path: Path, secret: str, said: str) -> None:
    ran = engine.run("build", "--secret", secret, ".", folder=tmp_path)
    assert ran.returncode == 1
    assert said in ran.stderr.decode()
    assert engine.asked == {}


def test_an_option_that_is_not_known_is_refused_by_its_name(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    ran = engine.run("build", "--secret", "id=npm,src=token", "--ssh", "default", ".", folder=tmp_path)
    assert ran.returncode == 2
    assert "--ssh" in ran.stderr.decode()


def test_all_else_is_the_docker_commands_own(tmp_path: Path) -> None:
    """As a build runs it: the program that the machine lays down, before the docker command on PATH."""
    home = Home.open({"SHIPLINE_HOME": str(tmp_path / "home"), "SHIPLINE_CACHE": str(tmp_path)})
    home.kube_ca.parent.mkdir(parents=True)
    home.kube_ca.touch()
    view.write(home)
    own, system = view.build_programs(home), tmp_path / "bin"
    system.mkdir()
    (system / "docker").write_text('#!/bin/sh\necho "own $*"\nexit 7\n')
    (system / "docker").chmod(0o755)
    for asked in (["build", "--tag", "a b", "."], ["push", "x:--secret"], ["run", "x", "--secret"], []):
        ran = subprocess.run(
            ["docker", *asked],
            env={"PATH": f"{own}:{system}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert (ran.returncode, ran.stdout) == (7, f"own {' '.join(asked)}\n"), ran.stderr


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["run", "--rm", "--privileged", "image"], "runs no privileged containers"),
        (["container", "run", "--privileged=true", "image"], "runs no privileged containers"),
        (["buildx", "create"], "it has no BuildKit"),
    ],
)
def test_what_would_change_the_machine_is_refused(engine: Engine, tmp_path: Path, argv: list[str], told: str) -> None:
    done = engine.run(*argv, folder=tmp_path)
    assert done.returncode == 1
    assert told in done.stderr.decode()


def test_a_build_for_a_platform_uses_no_layers_of_another(engine: Engine, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").write_text('#!/bin/sh\necho "$@"\n')
    (programs / "docker").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = engine.run("build", "--platform", "linux/arm64", "-", folder=tmp_path, PATH=path)
    assert done.stdout.split() == b"build --no-cache --platform linux/arm64 -".split()
    assert engine.run("build", "-", folder=tmp_path, PATH=path).stdout.split() == [b"build", b"-"]
    (tmp_path / "token").write_text("s3cret")
    archive = io.BytesIO()
    tarfile.open(fileobj=archive, mode="w").close()
    options = ("--platform", "linux/arm64", "--secret", "id=token,src=token")
    engine.run("build", *options, "-", folder=tmp_path, given=archive.getvalue())
    assert (engine.asked["platform"], engine.asked["nocache"]) == (["linux/arm64"], ["1"])
