"""Putting small things into ECR, signatures and charts, by its registry's own HTTP API, as `docker push` does."""

from __future__ import annotations

import base64
import hashlib
import http.client
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from .fatal import Fatal
from .run import ask
from .settings import Image

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
TIMEOUT = 60.0


@dataclass(frozen=True)
class Registry:
    """One repository, and who asks for it."""

    host: str
    name: str
    authorization: str

    @classmethod
    def of(cls, image: Image) -> Registry:
        asked = ask(["aws", "ecr", "get-login-password", "--region", image.region])
        if asked.returncode:
            raise Fatal(f"no password for {image.host}: {asked.stderr.strip()}")
        basic = base64.b64encode(f"AWS:{asked.stdout.strip()}".encode()).decode()
        return cls(image.host, image.repository_name, f"Basic {basic}")

    def upload(self, data: bytes) -> str:
        """The digest of a blob that the repository has now."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if self._ask("HEAD", self._url(f"blobs/{digest}"), expected=(200, 307, 404)).status != 404:
            return digest
        begun = self._ask("POST", self._url("blobs/uploads/"), b"", expected=(202,))
        kind = "application/octet-stream"
        sent = self._ask("PATCH", self._next(begun), data, kind, expected=(202, 204))
        place = urlsplit(self._next(sent))
        query = "&".join(part for part in (place.query, urlencode({"digest": digest})) if part)
        self._ask("PUT", urlunsplit(place._replace(query=query)), b"", kind, expected=(201,))
        return digest

    def put(self, tag: str, manifest: bytes) -> None:
        self._ask("PUT", self._url(f"manifests/{tag}"), manifest, MANIFEST, expected=(201,))

    def _url(self, what: str) -> str:
        return f"https://{self.host}/v2/{self.name}/{what}"

    def _next(self, answer: Answer) -> str:
        """Where an upload goes on: nowhere but in this registry, since the password goes with it."""
        found = urljoin(f"https://{self.host}/", answer.location)
        if not answer.location or not found.startswith(f"https://{self.host}/"):
            raise Fatal(f"{self.host} leads an upload to {answer.location or 'nowhere'}")
        return found

    def _ask(
        self, method: str, url: str, body: bytes | None = None, kind: str = "", *, expected: tuple[int, ...]
    ) -> Answer:
        headers = {"Authorization": self.authorization, **({"Content-Type": kind} if kind else {})}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310 - https only
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT) as opened:
                answer = Answer(opened.status, opened.headers.get("Location") or "", "")
        except urllib.error.HTTPError as refused:
            text = refused.read(2000).decode("utf-8", "replace")
            answer = Answer(refused.code, "", text)
        except (OSError, http.client.HTTPException) as broken:
            raise Fatal(f"{self.host} does not answer: {broken}") from None
        if answer.status not in expected:
            raise Fatal(f"{self.host} refuses {method} {urlsplit(url).path} ({answer.status}): {answer.text.strip()}")
        return answer


class _Stay(urllib.request.HTTPRedirectHandler):
    """Nobody is followed to another place, where the password would go along."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str


def manifest_of(image: Image, tag: str) -> str | None:
    """What ECR has under the tag, as text; None when it has nothing."""
    asked = ask(
        [
            "aws", "ecr", "batch-get-image",
            "--registry-id", image.account,
            "--region", image.region,
            "--repository-name", image.repository_name,
            "--image-ids", f"imageTag={tag}",
            "--accepted-media-types", MANIFEST,
            "--query", "images[0].imageManifest",
            "--output", "text",
        ]
    )  # fmt: skip
    if asked.returncode:
        raise Fatal(f"cannot ask ECR about {image.repository}:{tag}: {asked.stderr.strip()}")
    found = asked.stdout.strip()
    return None if found in ("", "None") else found
