"""A kubeconfig's user -> how requests say who sends them."""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.errors import CommandError
from cli.kubeconfig.files import Entry
from cli.kubeconfig.plugin import Credential, run_plugin
from deployer.kube.client import Bearer
from deployer.values import dataclass

FILE_FOR = 60.0  # seconds that a token file's content is used, as in client-go: it is rotated under us
REFUSED = {
    "username": "the API server has no passwords since Kubernetes 1.19",
    "auth-provider": "Kubernetes 1.26 took it away: use an exec plugin",
    "as": "impersonation is not supported: use credentials of that user's own",
}


@dataclass(frozen=True)
class Identity:
    """Who we come as: a bearer token (asked for each request), or a certificate; its repr shows nothing."""

    name: str
    bearer: Bearer
    certificate: bytes = b""  # PEM
    key: bytes = b""  # PEM

    def __repr__(self) -> str:
        return f"Identity({self.name!r})"


def identity_of(user: Entry, cluster: Entry, environ: Mapping[str, str]) -> Identity:
    """In kubectl's order: the certificate, then a token file, a token, the plugin."""
    for word, reason in REFUSED.items():
        if user.data.get(word):
            raise CommandError(f"user {user.name!r}: `{word}` is not supported: {reason}", "change the kubeconfig")
    name = f"the kubeconfig's user {user.name!r}"
    certificate, key = bytes_of(user, "client-certificate"), bytes_of(user, "client-key")
    if bool(certificate) != bool(key):
        raise CommandError(f"user {user.name!r}: a client certificate and its key go together", "change the kubeconfig")
    if user.data.get("tokenFile"):
        return Identity(name, TokenFile(user.path("tokenFile")), certificate, key)
    if user.data.get("token"):
        token = user.text("token")
        return Identity(name, lambda renew=False: token, certificate, key)
    if user.data.get("exec"):
        plugin = Plugin(lambda: run_plugin(user, cluster, environ))
        first = plugin.credential()
        return Identity(name, plugin, first.certificate.encode() or certificate, first.key.encode() or key)
    if not certificate:
        raise CommandError(f"user {user.name!r} has neither a token, a certificate nor a plugin", "kubectl config view")
    return Identity(name, lambda renew=False: "", certificate, key)


class TokenFile:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = ""
        self._at = float("-inf")

    def __call__(self, renew: bool = False) -> str:
        if renew or time.monotonic() - self._at > FILE_FOR:
            try:
                self._read, self._at = self._path.read_text().strip(), time.monotonic()
            except (OSError, UnicodeDecodeError) as error:
                raise CommandError(f"{self._path}: {error}", "the kubeconfig names it as tokenFile") from error
        return self._read


class Plugin:
    """Asks again before a token ends, and when the cluster does not take it any more."""

    def __init__(self, ask: Callable[[], Credential]) -> None:
        self._ask = ask
        self._last: Credential | None = None

    def credential(self, renew: bool = False) -> Credential:
        if renew or self._last is None or not self._last.fresh():
            self._last = self._ask()
        return self._last

    def __call__(self, renew: bool = False) -> str:
        return self.credential(renew).token


def bytes_of(entry: Entry, key: str) -> bytes:
    """`key`-data, which wins, or the file that `key` names; empty when there is neither."""
    data = entry.text(f"{key}-data")
    try:
        if data:
            return base64.b64decode(data, validate=True)
        return entry.path(key).read_bytes() if entry.text(key) else b""
    except binascii.Error as error:
        raise CommandError(f"{entry.name!r}: {key}-data is not base64", "change the kubeconfig") from error
    except OSError as error:
        raise CommandError(f"{entry.path(key)}: {error.strerror}", f"the kubeconfig names it as {key}") from error
