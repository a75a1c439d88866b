"""The front with an identity, a catalog and a store that are plain Python."""

import hashlib
import io
import json
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

import pytest

from local.context import AccessDenied, Principal
from local.images.catalog import NoSuchRepository, TagTaken
from local.images.front import Front
from local.images.tokens import Tokens, basic

TOKENS = Tokens(b"k" * 32)
PRINCIPAL = Principal("arn:aws:sts::1:assumed-role/build/session", "1", "assumed-role")
ACCOUNT = "123456789012"
MANIFEST = json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"


@dataclass
class FakeIdentity:
    denied: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def check(self, principal: Principal, action: str, resource: str) -> None:
        self.asked.append((action, resource))
        if action in self.denied:
            raise AccessDenied(f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}")


@dataclass
class FakeCatalog:
    images: dict[str, str] = field(default_factory=dict)  # tag or digest → digest
    recorded: list[tuple[str, str]] = field(default_factory=list)

    def repository(self, name: str) -> dict[str, Any]:
        if name != "shop/web":
            raise NoSuchRepository(name)
        return {"repositoryName": name, "imageTagMutability": "IMMUTABLE"}

    def digest(self, repository: str, reference: str) -> str | None:
        return self.images.get(reference)

    def tags(self, repository: str) -> list[str]:
        return sorted(each for each in self.images if ":" not in each)

    def may_take(self, repository: dict[str, Any], tag: str, digest: str) -> bool:
        if self.images.get(tag, digest) != digest:
            raise TagTaken(tag)
        return tag not in self.images

    def record(self, repository: str, reference: str, digest: str, manifest: bytes, media_type: str) -> None:
        self.recorded.append((reference, digest))


class _Socket:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


@dataclass
class FakeStore:
    status: str = "200 OK"
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def request(self, method: str, target: str, headers: dict[str, str], body: Any) -> HTTPResponse:
        content = body if isinstance(body, bytes) else body.read() if body else b""
        self.asked.append((method, target, content))
        response = HTTPResponse(_Socket(f"HTTP/1.1 {self.status}\r\nContent-Length: 2\r\n\r\nok".encode()))  # type: ignore[arg-type]
        response.begin()
        return response


@dataclass
class Asking:
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    catalog: FakeCatalog = field(default_factory=FakeCatalog)
    store: FakeStore = field(default_factory=FakeStore)

    def __call__(
        self, method: str, path: str, body: bytes = b"", authorization: str | None = None, query: str = ""
    ) -> tuple[str, dict[str, str], bytes]:
        if authorization is None:
            authorization = basic(TOKENS.issue(PRINCIPAL, expires=4e9))
        front = Front(ACCOUNT, "us-east-1", TOKENS, self.identity, lambda: self.catalog, self.store)  # type: ignore[arg-type, return-value]
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "HTTP_AUTHORIZATION": authorization,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        told: list[tuple[str, dict[str, str]]] = []
        pieces = front(environ, lambda status, headers: told.append((status, dict(headers))))
        return *told[0], b"".join(pieces)


@pytest.fixture
def asking() -> Asking:
    return Asking()


def error(body: bytes) -> tuple[str, str]:
    first = json.loads(body)["errors"][0]
    return first["code"], first["message"]


def test_without_a_token_the_registry_asks_for_one_as_ecr_does(asking: Asking) -> None:
    status, headers, body = asking("GET", "/v2/", authorization="")

    assert status == "401 Unauthorized"
    assert headers["WWW-Authenticate"].startswith('Basic realm="https://123456789012.dkr.ecr.')
    assert error(body)[0] == "UNAUTHORIZED"


def test_a_role_without_the_right_is_denied_by_action_and_repository(asking: Asking) -> None:
    asking.identity.denied = {"ecr:PutImage"}

    status, _, body = asking("PUT", "/v2/shop/web/manifests/v1", MANIFEST)

    assert status == "403 Forbidden"
    assert "ecr:PutImage on resource: arn:aws:ecr:us-east-1:123456789012:repository/shop/web" in error(body)[1]
    assert asking.store.asked == []


def test_the_node_may_pull_and_nothing_else(asking: Asking) -> None:
    node = basic(TOKENS.issue(None, expires=4e9))
    asking.catalog.images = {DIGEST: DIGEST}

    assert asking("GET", f"/v2/shop/web/manifests/{DIGEST}", authorization=node)[0] == "200 OK"
    assert asking("PUT", "/v2/shop/web/manifests/v1", MANIFEST, authorization=node)[0] == "403 Forbidden"
    assert asking.identity.asked == []


def test_a_repository_that_ecr_does_not_have_is_unknown(asking: Asking) -> None:
    status, _, body = asking("POST", "/v2/shop/other/blobs/uploads/")

    assert status == "404 Not Found"
    message = "The repository with name 'shop/other' does not exist in the registry with id '123456789012'"
    assert error(body) == ("NAME_UNKNOWN", message)


def test_a_pushed_manifest_is_recorded_with_its_digest(asking: Asking) -> None:
    asking.store.status = "201 Created"

    status, _, _ = asking("PUT", "/v2/shop/web/manifests/v1", MANIFEST)

    assert status == "201 Created"
    assert asking.store.asked == [("PUT", f"/v2/shop/web/manifests/{DIGEST}", MANIFEST)]
    assert asking.catalog.recorded == [("v1", DIGEST)]


def test_a_manifest_that_the_store_refuses_is_not_recorded(asking: Asking) -> None:
    asking.store.status = "400 Bad Request"

    asking("PUT", "/v2/shop/web/manifests/v1", MANIFEST)

    assert asking.catalog.recorded == []


def test_other_bytes_under_a_taken_tag_are_refused_before_the_store_sees_them(asking: Asking) -> None:
    asking.catalog.images = {"v1": "sha256:other"}

    status, _, body = asking("PUT", "/v2/shop/web/manifests/v1", MANIFEST)

    assert status == "400 Bad Request"
    assert error(body) == (
        "TAG_INVALID",
        "The image tag 'v1' already exists in the 'shop/web' repository"
        " and cannot be overwritten because the tag is immutable.",
    )
    assert asking.store.asked == []


def test_a_tag_is_ecrs_word_for_a_digest(asking: Asking) -> None:
    asking.catalog.images = {"v1": DIGEST}

    asking("GET", "/v2/shop/web/manifests/v1")

    assert asking.store.asked == [("GET", f"/v2/shop/web/manifests/{DIGEST}", b"")]


def test_an_image_that_ecr_does_not_know_is_not_served(asking: Asking) -> None:
    status, _, body = asking("GET", f"/v2/shop/web/manifests/{DIGEST}")

    assert status == "404 Not Found"
    assert error(body) == ("MANIFEST_UNKNOWN", "Requested image not found")


def test_tags_are_listed_from_ecr(asking: Asking) -> None:
    asking.catalog.images = {"v2": DIGEST, "v1": DIGEST, DIGEST: DIGEST}

    assert json.loads(asking("GET", "/v2/shop/web/tags/list")[2]) == {"name": "shop/web", "tags": ["v1", "v2"]}


def test_deleting_is_not_the_registrys_matter(asking: Asking) -> None:
    status, _, body = asking("DELETE", "/v2/shop/web/manifests/v1")

    assert status == "405 Method Not Allowed"
    assert error(body)[0] == "UNSUPPORTED"


def test_an_upload_goes_to_the_store_without_a_mount_from_elsewhere(asking: Asking) -> None:
    asking("POST", "/v2/shop/web/blobs/uploads/", query="mount=sha256%3Aab&from=shop%2Fapi")

    assert asking.store.asked == [("POST", "/v2/shop/web/blobs/uploads/", b"")]
