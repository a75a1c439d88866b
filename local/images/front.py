"""The registry's front: a WSGI application that knows who asks, and what ECR lets them do.

Basic credentials → bearer → ECR action on the repository → the store; a manifest that is put passes the
immutability gate before, and becomes an image in ECR's record after. Errors are worded as ECR words them.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPResponse
from typing import Any

from local.context import AccessDenied, Identity
from local.images import ecr
from local.images.catalog import Catalog, NoSuchRepository, TagTaken
from local.images.requests import PULL_ACTIONS, Asked, asked, without_mount
from local.images.store import Store
from local.images.tokens import Bearer, Tokens

MANIFEST_LIMIT = 4 * 1024 * 1024
CHUNK = 1024 * 1024
PASSED_ON = ("Accept", "Content-Type", "Content-Range", "Range", "If-None-Match")
NOT_PASSED_BACK = {"connection", "transfer-encoding", "date", "www-authenticate"}

StartResponse = Callable[..., Any]


class Refused(Exception):
    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Front:
    """`account` and `region` are the registry's own."""

    def __init__(
        self,
        account: str,
        region: str,
        tokens: Tokens,
        identity: Identity,
        catalog: Callable[[], Catalog],
        store: Store,
    ) -> None:
        self._account = account
        self._region = region
        self._tokens = tokens
        self._identity = identity
        self._catalog = catalog
        self._store = store

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._answer(environ, start_response)
        except Refused as refused:
            return _refuse(start_response, refused, self._realm())

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        bearer = self._tokens.from_header(environ.get("HTTP_AUTHORIZATION", ""))
        if bearer is None:
            raise Refused("401 Unauthorized", "UNAUTHORIZED", "Your authorization token has expired or is not valid.")
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path in ("/v2/", "/v2"):
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
            return [b"{}"]
        request = asked(method, path)
        if request is None:
            raise Refused("405 Method Not Allowed", "UNSUPPORTED", f"The registry does not support {method} {path}.")
        self._authorize(bearer, request)
        if request.what == "tags":
            return self._tags(request, start_response)
        if request.what == "manifests":
            return self._manifest(request, environ, start_response)
        query = environ.get("QUERY_STRING", "")
        if request.method == "POST":
            query = without_mount(query)
        target = path + (f"?{query}" if query else "")
        body = environ["wsgi.input"] if method in ("PATCH", "POST", "PUT") else None
        return _passed_back(self._forward(method, target, environ, body), start_response)

    def _authorize(self, bearer: Bearer, request: Asked) -> None:
        """The repository must be there, and the bearer's policies must allow the action on it."""
        if bearer.principal is None:
            allowed = request.action in PULL_ACTIONS
            message = f"The node may not {request.action}"
        else:
            arn = f"arn:aws:ecr:{self._region}:{self._account}:repository/{request.repository}"
            allowed, message = True, ""
            try:
                self._identity.check(bearer.principal, request.action, arn)
            except AccessDenied as denied:
                allowed, message = False, str(denied)
        if not allowed:
            raise Refused("403 Forbidden", "DENIED", message)
        try:
            self._catalog().repository(request.repository)
        except NoSuchRepository:
            raise _no_repository(request.repository, self._account) from None

    def _tags(self, request: Asked, start_response: StartResponse) -> Iterable[bytes]:
        tags = self._catalog().tags(request.repository)
        body = json.dumps({"name": request.repository, "tags": tags}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _manifest(self, request: Asked, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if request.method == "PUT":
            return self._put_manifest(request, environ, start_response)
        digest = self._catalog().digest(request.repository, request.reference)
        if digest is None:
            raise Refused("404 Not Found", "MANIFEST_UNKNOWN", "Requested image not found")
        target = f"/v2/{request.repository}/manifests/{digest}"
        return _passed_back(self._forward(request.method, target, environ, None), start_response)

    def _put_manifest(self, request: Asked, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        manifest = environ["wsgi.input"].read(MANIFEST_LIMIT + 1)
        if len(manifest) > MANIFEST_LIMIT:
            raise Refused("400 Bad Request", "MANIFEST_INVALID", f"The manifest has more than {MANIFEST_LIMIT} bytes.")
        digest = ecr.digest_of(manifest)
        catalog = self._catalog()
        try:
            news = catalog.may_take(catalog.repository(request.repository), request.reference, digest)
            # By digest: tags are ECR's matter alone.
            target = f"/v2/{request.repository}/manifests/{digest}"
            response = self._forward("PUT", target, environ, manifest)
            if response.status == 201 and news:
                media_type = environ.get("CONTENT_TYPE") or json.loads(manifest)["mediaType"]
                catalog.record(request.repository, request.reference, digest, manifest, media_type)
        except TagTaken:
            raise _tag_taken(request) from None
        return _passed_back(response, start_response)

    def _forward(self, method: str, target: str, environ: dict[str, Any], body: Any) -> HTTPResponse:
        headers = {name: value for name in PASSED_ON if (value := environ.get(_environ_key(name)))}
        if body is not None:
            headers["Content-Length"] = (
                str(len(body)) if isinstance(body, bytes) else environ.get("CONTENT_LENGTH", "0")
            )
        return self._store.request(method, target, headers, body)

    def _realm(self) -> str:
        return (
            f'Basic realm="https://{self._account}.dkr.ecr.{self._region}.amazonaws.com/",service="ecr.amazonaws.com"'
        )


def _passed_back(response: HTTPResponse, start_response: StartResponse) -> Iterable[bytes]:
    headers = [(name, value) for name, value in response.getheaders() if name.lower() not in NOT_PASSED_BACK]
    start_response(f"{response.status} {response.reason}", headers)
    return _pieces(response)


def _pieces(response: HTTPResponse) -> Iterator[bytes]:
    with response:
        while piece := response.read(CHUNK):
            yield piece


def _refuse(start_response: StartResponse, refused: Refused, realm: str) -> Iterable[bytes]:
    body = json.dumps({"errors": [{"code": refused.code, "message": refused.message}]}).encode()
    headers = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Docker-Distribution-Api-Version", "registry/2.0"),
    ]
    if refused.code == "UNAUTHORIZED":
        headers.append(("WWW-Authenticate", realm))
    start_response(refused.status, headers)
    return [body]


def _no_repository(name: str, account: str) -> Refused:
    message = f"The repository with name '{name}' does not exist in the registry with id '{account}'"
    return Refused("404 Not Found", "NAME_UNKNOWN", message)


def _tag_taken(request: Asked) -> Refused:
    return Refused("400 Bad Request", "TAG_INVALID", ecr.taken(request.repository, request.reference))


def _environ_key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"
