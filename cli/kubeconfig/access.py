"""A context -> where its cluster is, by which authority it is known, and who we are there."""

import os
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from cli.errors import CommandError
from cli.kubeconfig.files import Context, Entry, read_context
from cli.kubeconfig.users import Identity, bytes_of, identity_of
from deployer.values import dataclass

REFUSED = {
    "insecure-skip-tls-verify": "a release goes only to a cluster that proves who it is: use certificate-authority",
    "proxy-url": "releases go to the cluster directly: run where it can be reached",
    "tls-server-name": "the certificate must name the server as it is called",
}


@dataclass(frozen=True)
class Access:
    context: str
    namespace: str  # the context's, or "default"
    url: str
    tls: ssl.SSLContext
    identity: Identity

    @property
    def host(self) -> tuple[str, int]:
        where = urlsplit(self.url)
        return where.hostname or "", where.port or 443


def find_access(environ: Mapping[str, str], file: str | None, context: str | None) -> Access:
    """CommandError (2) for whatever in the kubeconfig is missing, broken, or not supported."""
    found: Context = read_context(environ, file, context)
    url = _checked_url(found.cluster)
    identity = identity_of(found.user, found.cluster, environ)
    return Access(found.name, found.namespace or "default", url, _tls(found.cluster, identity), identity)


def _checked_url(cluster: Entry) -> str:
    for key, reason in REFUSED.items():
        if cluster.data.get(key):
            raise CommandError(f"cluster {cluster.name!r}: `{key}` is not supported: {reason}", "change the kubeconfig")
    url = cluster.text("server")
    try:
        usable = urlsplit(url).scheme == "https" and urlsplit(url).hostname and urlsplit(url).port != 0
    except ValueError:  # a port that is none
        usable = False
    if not usable:
        raise CommandError(f"cluster {cluster.name!r}: the server {url!r} is no https URL", "change the kubeconfig")
    return url


def _tls(cluster: Entry, identity: Identity) -> ssl.SSLContext:
    authority = bytes_of(cluster, "certificate-authority")
    try:
        tls = ssl.create_default_context(cadata=authority.decode() or None)
    except (ssl.SSLError, UnicodeDecodeError) as error:
        remedy = "change the kubeconfig"
        raise CommandError(f"cluster {cluster.name!r}: certificate-authority is no certificate", remedy) from error
    if identity.certificate:
        _load(tls, identity)
    return tls


def _load(tls: ssl.SSLContext, identity: Identity) -> None:
    """Python takes a key from a file alone: from one that nobody else can read, and that is gone at once."""
    handle, name = tempfile.mkstemp(prefix="shipline-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(identity.certificate.rstrip() + b"\n" + identity.key)
        tls.load_cert_chain(name)
    except ssl.SSLError as error:
        raise CommandError(f"{identity.name}: its certificate and key do not fit: {error.reason}") from error
    finally:
        Path(name).unlink()
