"""Namespaces read, listed and deleted."""

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from namespaces.eks import ApiServer
from namespaces.errors import NotYet, Refused
from namespaces.kubernetes import PASSING, TIMEOUT

COLLECTION = "/api/v1/namespaces"
PAGE = 100


def find(server: ApiServer, name: str) -> Mapping[str, Any] | None:
    """None when it is not there."""
    status, body = _ask(server, "GET", f"{COLLECTION}/{quote(name, safe='')}")
    return None if status == 404 else _right(status, body, f"namespace {name}")


def labelled(server: ApiServer, selector: str) -> Iterator[Mapping[str, Any]]:
    """All namespaces with the label, page by page."""
    onward = ""
    while True:
        query = {"labelSelector": selector, "limit": str(PAGE), **({"continue": onward} if onward else {})}
        found = _right(*_ask(server, "GET", f"{COLLECTION}?{urlencode(query)}"), "namespaces")
        yield from found["items"]
        onward = str((found.get("metadata") or {}).get("continue") or "")
        if not onward:
            return


def delete(server: ApiServer, namespace: Mapping[str, Any]) -> None:
    """The very one that was read, as it was read, with all that is in it; the cluster takes its time for that."""
    metadata = namespace["metadata"]
    read = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    options = {"propagationPolicy": "Background", "preconditions": read}
    status, body = _ask(server, "DELETE", f"{COLLECTION}/{metadata['name']}", json.dumps(options))
    if status != 404:
        _right(status, body, f"namespace {metadata['name']}")


def _right(status: int, body: Mapping[str, Any], about: str) -> Mapping[str, Any]:
    if status in (200, 202):
        return body
    raise (NotYet if status in PASSING else Refused)(f"{about}: {status} {body.get('message', '')}"[:500])


def _ask(server: ApiServer, method: str, path: str, body: str | None = None) -> tuple[int, Mapping[str, Any]]:
    url = urlsplit(server.endpoint)
    trust = ssl.create_default_context(cadata=server.authority)
    connection = http.client.HTTPSConnection(url.hostname or "", url.port or 443, timeout=TIMEOUT, context=trust)
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    try:
        connection.request(method, f"{url.path}{path}", body, headers)
        answer = connection.getresponse()
        found: Mapping[str, Any] = json.loads(answer.read())
        return answer.status, found
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotYet(f"{server.endpoint} does not answer: {error}") from error
    finally:
        connection.close()
