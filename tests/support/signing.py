"""A signing account in this process: moto's ECR and KMS, and a registry under ECR's own name that ECR's API tells of.

The steps of a build reach it as they reach AWS: by the AWS CLI, whose calls moto answers here, and by HTTPS.
"""

import base64
import contextlib
import functools
import hashlib
import io
import itertools
import json
import selectors
import socket
import socketserver
import subprocess
import threading
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from awscli.clidriver import create_clidriver
from moto import mock_aws
from moto.ecr.responses import ECRResponse

from local.aws import kms
from local.context import Principal
from local.images import ecr
from local.images.authorization import replace_operation
from local.images.catalog import Catalog
from local.images.door import Door
from local.images.front import Front
from local.images.tokens import Tokens
from local.kubernetes import pki
from tests.support.gated_moto import make_home
from tools.shipline_build import ecr as build_ecr
from tools.shipline_build import kms as build_kms
from tools.shipline_build import oci, release
from tools.shipline_build.plan import Plan, Planned, write
from tools.shipline_build.settings import Image, Settings, read

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
REGION = "us-east-1"
SOURCE = "git+https://github.com/acme/shop"
BUILD = f"arn:aws:codebuild:{REGION}:123456789012:build/shop-build:7a1c"
BUILDER = f"arn:aws:codebuild:{REGION}:123456789012:project/shop-build"
WHO = Principal("arn:aws:sts::123456789012:assumed-role/build/session", "123456789012", "assumed-role")


class Anybody:
    """An identity that knows one caller, who may do everything."""

    def principal(self, key: str, token: str | None = None) -> Principal:
        return WHO

    def check(self, principal: Principal, action: str, resource: str) -> None: ...


class _Bytes:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


@dataclass
class MemoryStore:
    """A registry's bytes: it takes no manifest whose blobs it does not have."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, bytes] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def request(self, method: str, target: str, headers: dict[str, str], body: Any) -> HTTPResponse:
        size = int(headers.get("Content-Length") or 0)
        content = body if isinstance(body, bytes) else body.read(size) if body else b""
        status, place = self._answer(method, urlsplit(target), content)
        head = f"HTTP/1.1 {status} ok\r\nContent-Length: 0\r\n" + (f"Location: {place}\r\n" if place else "")
        answer = HTTPResponse(_Bytes(f"{head}\r\n".encode()), method=method)  # type: ignore[arg-type]
        answer.begin()
        return answer

    def _answer(self, method: str, url: Any, content: bytes) -> tuple[int, str]:
        last = url.path.rpartition("/")[2]
        if "/manifests/" in url.path:
            told = json.loads(content)
            return (201 if {told["config"]["digest"], *(e["digest"] for e in told["layers"])} <= set(self.blobs)
                    else 400), ""  # fmt: skip
        if method == "HEAD":
            return (200 if last in self.blobs else 404), ""
        if method == "POST":
            name = str(next(self.numbers))  # images are signed side by side
            self.uploads[name] = b""
            return 202, f"{url.path}{name}?_state=begun"
        self.uploads[last] += content
        if method == "PATCH":
            return 202, f"{url.path}?_state=sent"
        (digest,) = parse_qs(url.query)["digest"]
        done = self.uploads.pop(last)
        if digest != f"sha256:{hashlib.sha256(done).hexdigest()}" or parse_qs(url.query)["_state"] != ["sent"]:
            return 400, ""
        self.blobs[digest] = done
        return 201, url.path


class _Tunnel(socketserver.StreamRequestHandler):
    """CONNECT to any name leads to the one door: what a resolver does for the real name."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(self.server.door) as inner, selectors.DefaultSelector() as ready:  # type: ignore[attr-defined]
            other = {self.connection: inner, inner: self.connection}
            for each in other:
                ready.register(each, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                    if not data:
                        return
                    other[key.fileobj].sendall(data)  # type: ignore[index]


class _Tunnels(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, door: tuple[str, int]) -> None:
        self.door = door
        super().__init__(("127.0.0.1", 0), _Tunnel)


def cli(argv: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """The AWS CLI in this process."""
    said, told = io.StringIO(), io.StringIO()
    with _one_at_a_time, contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
        status = _driver().main(list(argv[1:]))
    return subprocess.CompletedProcess(list(argv), status, said.getvalue(), told.getvalue())


_one_at_a_time = threading.Lock()
_driver = functools.cache(create_clidriver)


@dataclass
class Account:
    folder: Path
    ecr: Any
    kms: Any
    catalog: Catalog
    store: MemoryStore

    def key(self) -> str:
        return str(self.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])

    def image(self, name: str, content: str) -> tuple[Image, str]:
        """One that a build has pushed, and its digest."""
        self.store.blobs[content] = b""
        said = {"schemaVersion": 2, "config": {"digest": content}, "layers": []}
        manifest = json.dumps({**said, "mediaType": oci.MANIFEST})
        put = self.ecr.put_image(repositoryName=f"shop/{name}", imageManifest=manifest, imageTag=f"src-{content}")
        return Image(name, f"{HOST}/shop/{name}", ".", "Dockerfile", {}), put["image"]["imageId"]["imageDigest"]

    def signatures(self, image: Image, digest: str) -> list[dict[str, Any]]:
        """The layers of the image's signatures."""
        found = oci.manifest_of(image, f"{digest.replace(':', '-')}.sig")
        return list(json.loads(found)["layers"]) if found else []

    def build(self, key: str, digests: dict[str, str], files: dict[str, str], **environ: str) -> Path:
        """The folder that a build leaves whose images have these digests."""
        root = self.folder / f"sources-{len(list(self.folder.iterdir()))}"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        settings = self._settings(root, key, digests, environ)
        write(settings, Plan({name: Planned(f"src-{name}", digest, []) for name, digest in digests.items()}, "Ann"))
        release.run(settings)
        return settings.release

    def _settings(self, root: Path, key: str, digests: dict[str, str], environ: dict[str, str]) -> Settings:
        images = {name: {"repository": f"{HOST}/shop/{name}"} for name in digests}
        said = {
            "CODEBUILD_SRC_DIR": str(root),
            "TMPDIR": str(root / "tmp"),
            "SHIPLINE_SERVICE": "shop",
            "SHIPLINE_IMAGES": json.dumps(images),
            "SHIPLINE_DELIVERY": '["manifests"]',
            "SHIPLINE_SIGN": json.dumps({"key": key, "source": SOURCE}) if key else "",
            "CODEBUILD_BUILD_ARN": BUILD,
            "CODEBUILD_START_TIME": "1767323045000",
            "PIPELINE_EXECUTION_ID": "e-1",
            "COMMIT_ID": "c0ffee",
            "BRANCH": "main",
        }
        return read({**said, **environ})


@contextlib.contextmanager
def signing_account(folder: Path, store: Any = None) -> Iterator[Account]:
    """Repositories `shop/web`, `shop/api` and, of a chart, `shop/charts/forum`, made as the template makes them."""
    ecr.correct()
    kms.correct()
    before = ECRResponse.get_authorization_token
    home = make_home(folder)
    store = store or MemoryStore()
    tokens = Tokens(b"k" * 32)
    pki.ensure(folder / "pki", tuple(leaf for leaf in pki.leaves(HOST, "127.0.0.1") if leaf.name == "registry"))
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name, value in (("ACCESS_KEY_ID", "AKIA"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", REGION)):
            patch.setenv(f"AWS_{name}", value)
        replace_operation(home, tokens, Anybody())  # type: ignore[arg-type]
        made = Account(folder, boto3.client("ecr"), boto3.client("kms"), Catalog(boto3.client("ecr")), store)
        filters = [{"filterType": "WILDCARD", "filter": "sha256-*.sig"}]
        for name in ("web", "api", "charts/forum"):
            made.ecr.create_repository(
                repositoryName=f"shop/{name}",
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=filters,
            )
        front = Front("123456789012", REGION, tokens, Anybody(), lambda: made.catalog, store)  # type: ignore[arg-type]
        door = Door("127.0.0.1", 0, front, folder / "pki/registry.crt", folder / "pki/registry.key")
        tunnels = _Tunnels(("127.0.0.1", door.server_port))
        door.open()
        threading.Thread(target=tunnels.serve_forever, args=(0.02,), daemon=True).start()
        patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{tunnels.server_address[1]}")
        patch.setenv("NO_PROXY", "localhost")
        patch.setenv("SSL_CERT_FILE", str(folder / "pki/ca.crt"))
        for module in (build_ecr, build_kms, oci):
            patch.setattr(module, "ask", cli)
        try:
            yield made
        finally:
            tunnels.shutdown()
            tunnels.server_close()
            door.shut()
            setattr(ECRResponse, "get_authorization_token", before)  # noqa: B010


def zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()


def body(folder: Path) -> Any:
    """The statement of a provenance."""
    return json.loads(base64.b64decode(json.loads((folder / "provenance.json").read_text())["payload"]))
