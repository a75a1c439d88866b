"""The token webhook of kube-apiserver: TokenReview in, TokenReview out.

token → bearer → access entry → user and groups. A token of nobody is not authenticated (401); the reason is in the
answer and in the machine's log, never the token. Somebody of the account without an entry is known by name and in no
group, so that every call is forbidden (403) with that name in the message. EKS answers 401 there, without a reason:
a listed difference.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from local.access.entry import AccessEntry
from local.access.token import BadToken, Bearer, Callers, read_token

log = logging.getLogger("local.access")
LONGEST_REVIEW = 64 * 1024


class TokenReviews:
    """A WSGI application. `settled` is called before a yes: afterwards the entries' policies are in force."""

    def __init__(
        self,
        callers: Callers,
        clusters: Callable[[], Sequence[str]],
        entries: Callable[[], Sequence[AccessEntry]],
        settled: Callable[[Sequence[AccessEntry]], None],
    ) -> None:
        self._callers = callers
        self._clusters = clusters
        self._entries = entries
        self._settled = settled

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = min(int(environ.get("CONTENT_LENGTH") or 0), LONGEST_REVIEW)
        body = environ["wsgi.input"].read(length)
        try:
            review = json.loads(body)
            token = str(review["spec"]["token"])
        except (ValueError, KeyError, TypeError):
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"a TokenReview is asked for"]
        answer = json.dumps(
            {
                "apiVersion": review.get("apiVersion", "authentication.k8s.io/v1"),
                "kind": "TokenReview",
                "status": self.status(token),
            }
        ).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
        return [answer]

    def status(self, token: str) -> dict[str, Any]:
        """The status of a TokenReview."""
        try:
            bearer = read_token(token, self._clusters(), self._callers)
            user = self._user(bearer)
        except BadToken as error:
            log.warning("token refused: %s", error)
            return {"authenticated": False, "error": str(error)}
        return {"authenticated": True, "user": user}

    def _user(self, bearer: Bearer) -> dict[str, Any]:
        principal = bearer.principal
        canonical = principal.role_arn or principal.arn
        entries = self._entries()
        its = (each for each in entries if (each.cluster, each.principal_arn) == (bearer.cluster, canonical))
        entry = next(its, None)
        if entry is None:
            log.warning("%s has no access entry in the cluster %s", canonical, bearer.cluster)
        # Also without an entry: the bindings of one that was just deleted must be gone before the answer.
        self._settled(entries)
        return {
            "username": principal.arn if entry is None else _username(entry, principal.arn),
            "uid": f"aws-iam-authenticator:{principal.account}:{canonical}",
            "groups": [] if entry is None else [*entry.groups, entry.group],
            "extra": {
                "accessKeyId": [bearer.access_key],
                "arn": [principal.arn],
                "canonicalArn": [canonical],
                "sessionName": [_session(principal.arn)],
            },
        }


def _session(arn: str) -> str:
    return arn.rpartition("/")[2] if ":assumed-role/" in arn else ""


def _username(entry: AccessEntry, arn: str) -> str:
    raw = _session(arn)
    return entry.username.replace("{{SessionNameRaw}}", raw).replace("{{SessionName}}", raw.replace("@", "-"))
