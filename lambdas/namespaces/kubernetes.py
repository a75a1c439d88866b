"""A namespace applied to an API server: made when it is not there, labelled in any case."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from namespaces.eks import ApiServer
from namespaces.errors import NotYet, Refused

FIELD_MANAGER = "shipline-namespaces"
TIMEOUT = 10  # seconds for one request
# A new access entry is not known everywhere at once; an API server that starts answers 5xx.
PASSING = {401, 403, 409, 429, 500, 502, 503, 504}


@dataclass(frozen=True)
class Labelled:
    name: str
    labels: Mapping[str, str]

    def manifest(self) -> dict[str, Any]:
        return {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self.name, "labels": dict(self.labels)},
        }


def apply(server: ApiServer, namespace: Labelled) -> None:
    """Server-side apply: the same call makes, labels, or changes nothing."""
    url = urlsplit(server.endpoint)
    trust = ssl.create_default_context(cadata=server.authority)
    connection = http.client.HTTPSConnection(url.hostname or "", url.port or 443, timeout=TIMEOUT, context=trust)
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/apply-patch+yaml"}
    path = f"{url.path}/api/v1/namespaces/{namespace.name}?fieldManager={FIELD_MANAGER}&force=true"
    try:
        connection.request("PATCH", path, json.dumps(namespace.manifest()), headers)
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotYet(f"{server.endpoint} does not answer: {error}") from error
    finally:
        connection.close()
    if status in PASSING:
        raise NotYet(f"namespace {namespace.name}: {status} {_message(body)}")
    if status not in (200, 201):
        raise Refused(f"namespace {namespace.name}: {status} {_message(body)}")
    if json.loads(body).get("status", {}).get("phase") == "Terminating":
        raise NotYet(f"namespace {namespace.name} is being deleted")


def _message(body: bytes) -> str:
    """The Status object's own words, or what came instead of one."""
    text = body.decode(errors="replace")
    try:
        status = json.loads(text)
    except ValueError:
        return text[:500]
    return str(status.get("message", text))[:500] if isinstance(status, dict) else text[:500]
