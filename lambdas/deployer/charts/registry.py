"""Charts by digest from a registry: two requests of its HTTP API, each answer held against its digest."""

import hashlib
import http.client
import json
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

from deployer.charts.reference import Reference
from deployer.errors import DeployError, Fatal, Unavailable
from deployer.values import dataclass

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.cncf.helm.config.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
LARGEST_MANIFEST = 1024 * 1024
LARGEST_CHART = 20 * 1024 * 1024
TIMEOUT = 20.0
MOST_REDIRECTS = 3


@dataclass(frozen=True)
class Registries:
    """`allowed` are the hosts that may be asked; `basic` gives what Basic authorization carries, "" for nobody."""

    allowed: frozenset[str] = frozenset()
    basic: Callable[[str], str] = lambda host: ""
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def pull(self, reference: Reference) -> bytes:
        """The packed chart; Fatal when it is not there, is no chart, or is not what its digest says."""
        if reference.host not in self.allowed:
            told = ", ".join(sorted(self.allowed)) or "none"
            raise _refuse(reference, f"{reference.host} is no registry that charts may come from ({told})")
        manifest = self._get(reference, f"manifests/{reference.digest}", MANIFEST, LARGEST_MANIFEST)
        layer = _layer(reference, _checked(reference, manifest, reference.digest))
        digest, size = str(layer.get("digest")), layer.get("size")
        if not isinstance(size, int) or not 0 < size <= LARGEST_CHART:
            raise _refuse(reference, f"it has {size} bytes, and {LARGEST_CHART} are the most")
        content = self._get(reference, f"blobs/{digest}", "*/*", size)
        return _checked(reference, content, digest)

    def _get(self, reference: Reference, what: str, accept: str, most: int) -> bytes:
        url = f"https://{reference.host}/v2/{reference.path}/{what}"
        for _ in range(MOST_REDIRECTS + 1):
            code, location, body = self._exchange(reference, url, accept, most)
            if code == 200:
                return body
            if code not in (301, 302, 303, 307, 308):
                raise _answered(reference, code)
            url = urljoin(url, location)
        raise _refuse(reference, "the registry sends from place to place")

    def _exchange(self, reference: Reference, url: str, accept: str, most: int) -> tuple[int, str, bytes]:
        """(status, where to go instead, body)"""
        place = urlsplit(url)
        if place.scheme != "https" or not place.hostname:
            raise _refuse(reference, f"the registry leads to {place.scheme or 'nowhere'}://, and only https is taken")
        headers = {"Accept": accept}
        if place.netloc == reference.host and (basic := self.basic(reference.host)):
            headers["Authorization"] = f"Basic {basic}"
        target = f"{place.path}?{place.query}" if place.query else place.path
        connection = http.client.HTTPSConnection(place.hostname, place.port or 443, context=self.tls(), timeout=TIMEOUT)
        try:
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as answer:
                body = answer.read(most + 1)
                if answer.status == 200 and len(body) > most:
                    raise _refuse(reference, f"the registry sends more than {most} bytes")
                return answer.status, answer.headers.get("Location", ""), body
        except (OSError, http.client.HTTPException) as broken:
            raise Unavailable(f"{place.netloc} does not answer: {broken}", subject=_name(reference)) from broken
        finally:
            connection.close()


def _layer(reference: Reference, manifest: bytes) -> dict[str, Any]:
    """The layer that is the chart; a provenance file beside it is left where it is."""
    try:
        told = json.loads(manifest)
        kind = told["config"]["mediaType"]
        layers = [layer for layer in told["layers"] if layer["mediaType"] == CONTENT]
    except (ValueError, KeyError, TypeError) as error:
        raise _refuse(reference, "its manifest is none of an OCI artifact") from error
    if told.get("mediaType", MANIFEST) != MANIFEST or kind != CONFIG or len(layers) != 1:
        raise _refuse(reference, f"it is no chart, but {str(kind)[:80]}")
    found: dict[str, Any] = layers[0]
    return found


def _checked(reference: Reference, content: bytes, digest: str) -> bytes:
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != digest:
        raise _refuse(reference, f"the registry sends {found}, not {digest[:80]}")
    return content


def _answered(reference: Reference, code: int) -> DeployError:
    if code == 404:
        return _refuse(reference, "the registry does not hold it", "Push it, or correct path and digest.")
    if code in (401, 403):
        return _refuse(reference, f"the registry answers {code}", "The function's role may not read that repository.")
    if code == 429 or code >= 500:
        return Unavailable(f"the registry answers {code}.", subject=_name(reference))
    return _refuse(reference, f"the registry answers {code}")


def _name(reference: Reference) -> str:
    return f"chart {reference.host}/{reference.path}"


def _refuse(reference: Reference, reason: str, remedy: str = "") -> Fatal:
    return Fatal(f"{reason}.", subject=_name(reference), remedy=remedy, kind="ConfigurationError")
