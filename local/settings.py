"""Where the machine keeps its things, and the addresses it answers at.

One `Home` is one machine: its folders, its ports, its account. Two homes on one host never meet.
Nothing here writes but `Home.open`, which settles the addresses once and keeps them in `machine.json`.
"""

import hmac
import json
import os
import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ACCOUNT = "123456789012"
REGION = "us-east-1"
OWNER_KEY = "AKIAOWNR"  # and an account's twelve digits: the shape of a key, and one that no session has


@dataclass(frozen=True)
class Addresses:
    """What is settled at the first `up` and kept: clients hold URLs that must survive a restart."""

    aws_port: int  # AWS's APIs, git over HTTP and the token webhook, on 127.0.0.1
    kube_port: int  # the Kubernetes API server, on 127.0.0.1
    registry_ip: str  # 127.x.y.1, the address at which the registry serves port 443
    access_key: str  # the key pair of the account's own user, as `shipline env` prints it
    secret_key: str


@dataclass(frozen=True)
class Home:
    """The machine's folders; every path it writes is below `root` or `cache`."""

    root: Path
    cache: Path
    addresses: Addresses
    account: str = ACCOUNT
    region: str = REGION

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """The home that `SHIPLINE_HOME` names, or `.shipline` in this checkout; made when it is not there."""
        root = home_root(environ)
        root.mkdir(parents=True, exist_ok=True)
        return cls(root, cache_root(environ), _addresses(root / "machine.json", usual=root == CHECKOUT / ".shipline"))

    @property
    def endpoint_url(self) -> str:
        """The URL for `AWS_ENDPOINT_URL`."""
        return f"http://127.0.0.1:{self.addresses.aws_port}"

    def owner_keys(self, account: str) -> tuple[str, str]:
        """Access key and secret key of an account's owner. The machine's own account has those that were settled; all
        others are there, too, and their owners' keys follow from their numbers."""
        if account == self.account:
            return self.addresses.access_key, self.addresses.secret_key
        secret = hmac.digest(self.addresses.secret_key.encode(), f"owner of {account}".encode(), "sha256")
        return OWNER_KEY + account, urlsafe_b64encode(secret)[:40].decode()

    @property
    def kube_url(self) -> str:
        return f"https://127.0.0.1:{self.addresses.kube_port}"

    @property
    def registry_host(self) -> str:
        """ECR's own host name of the account, which the registry's certificate carries."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"

    @property
    def run(self) -> Path:
        """Sockets, pid files: gone after `down`."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def aws(self) -> Path:
        """The control plane's snapshot, S3's bytes, execution history."""
        return self.root / "aws"

    @property
    def git(self) -> Path:
        """The bare repositories, `NAME.git`."""
        return self.root / "git"

    @property
    def work(self) -> Path:
        """Scratch folders of builds and function invocations; may be emptied whenever nothing runs."""
        return self.root / "work"

    @property
    def node(self) -> Path:
        """etcd, containerd, kubelet, certificates, the registry's store."""
        return self.root / "node"

    @property
    def images(self) -> Path:
        """The image engine's storage."""
        return self.root / "images"

    @property
    def kube_ca(self) -> Path:
        """The cluster's certificate authority (PEM); also signs the registry's certificate."""
        return self.node / "pki" / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, for people and the machine itself: never for a function or a build."""
        return self.root / "kubeconfig"

    @property
    def engine_socket(self) -> Path:
        """The image engine's Docker-compatible socket (`DOCKER_HOST=unix://…`)."""
        return self.run / "engine.sock"

    @property
    def tools(self) -> Path:
        """Programs that were built or unpacked, shared by all homes: `bin/` goes on PATH."""
        return self.cache / "tools"


def owned_account(access_key: str) -> str | None:
    """Whose owner's key it is, of another account than the machine's own; None for another key."""
    account = access_key.removeprefix(OWNER_KEY)
    return account if account != access_key and len(account) == 12 and account.isdigit() else None


def home_root(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("SHIPLINE_HOME") or CHECKOUT / ".shipline").resolve()


def cache_root(environ: Mapping[str, str]) -> Path:
    """One cache for all runs and clones."""
    named = environ.get("SHIPLINE_CACHE")
    return (
        Path(named).resolve() if named else Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shipline"
    )


def _addresses(path: Path, usual: bool) -> Addresses:
    """`usual`: the ports that people expect, when they are free; other homes stay out of their way."""
    if path.exists():
        return Addresses(**json.loads(path.read_text()))
    settled = Addresses(
        aws_port=_free_port(4566 if usual else 0),
        kube_port=_free_port(6443 if usual else 0),
        registry_ip=f"127.{secrets.randbelow(200) + 30}.{secrets.randbelow(250) + 1}.1",
        access_key="AKIA" + secrets.token_hex(8).upper(),
        secret_key=secrets.token_urlsafe(30),
    )
    path.touch(mode=0o600)
    path.write_text(json.dumps(asdict(settled), indent=2) + "\n")
    return settled


def _free_port(wanted: int) -> int:
    """`wanted` when nobody listens there, else any free port of 127.0.0.1."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")
