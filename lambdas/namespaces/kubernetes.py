"""Steps carried out at an API server: each may be done again, and then changes nothing."""

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from namespaces.eks import ApiServer
from namespaces.errors import NotYet, Refused
from namespaces.objects import Apply, Step

TIMEOUT = 10  # seconds for one request
# A new access entry is not known everywhere at once; an API server that starts answers 5xx.
PASSING = {401, 403, 409, 429, 500, 502, 503, 504}


def carry_out(server: ApiServer, steps: list[Step]) -> None:
    """Server-side apply: the same call makes, changes, takes away what it said before, or changes nothing."""
    url = urlsplit(server.endpoint)
    trust = ssl.create_default_context(cadata=server.authority)
    connection = http.client.HTTPSConnection(url.hostname or "", url.port or 443, timeout=TIMEOUT, context=trust)
    try:
        for step in steps:
            _one(connection, server, url.path, step)
    except (OSError, http.client.HTTPException) as error:
        raise NotYet(f"{server.endpoint} does not answer: {error}") from error
    finally:
        connection.close()


def _one(connection: http.client.HTTPSConnection, server: ApiServer, prefix: str, step: Step) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    if isinstance(step, Apply):
        headers["Content-Type"] = "application/apply-patch+yaml"
        path = f"{prefix}{step.path}?fieldManager={step.manager}&force=true"
        connection.request("PATCH", path, json.dumps(step.manifest), headers)
    else:
        connection.request("DELETE", f"{prefix}{step.path}", None, headers)
    answer = connection.getresponse()
    status, body = answer.status, answer.read()
    if status in PASSING:
        raise NotYet(f"{step.about}: {status} {_message(body)}")
    if status not in (200, 201):
        raise Refused(f"{step.about}: {status} {_message(body)}")
    state = json.loads(body).get("status")  # of a Status object, a word
    if isinstance(state, dict) and state.get("phase") == "Terminating":
        raise NotYet(f"{step.about} is being deleted")


def _message(body: bytes) -> str:
    """The Status object's own words, or what came instead of one."""
    text = body.decode(errors="replace")
    try:
        status: Any = json.loads(text)
    except ValueError:
        return text[:500]
    return str(status.get("message", text))[:500] if isinstance(status, dict) else text[:500]
