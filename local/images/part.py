"""Images as a part of the machine: registry first, then the engine that pushes to it, then the base image."""

import threading
from typing import Any

from moto.ecr.models import ECRBackend, Image

from local.context import Context
from local.images import base, ecr, view
from local.images.authorization import replace_operation
from local.images.catalog import Catalog
from local.images.door import Door
from local.images.engine import Engine
from local.images.front import Front
from local.images.store import Store
from local.images.tokens import Tokens, basic
from local.kubernetes import files, pki
from local.progress import say
from local.settings import Home

HTTPS = 443
NEVER = 4102444800  # the year 2100: the node's own token


class Images:
    def __init__(self, context: Context) -> None:
        self._home = context.home
        self._context = context
        self._tokens = Tokens.open(context.home.node / "registry.key")
        self._store = Store(context.home)
        self._engine = Engine(context.home)
        self._doors: list[Door] = []
        self._catalog: Catalog | None = None
        self._lock = threading.Lock()
        self._front = Front(
            context.home.account, context.home.region, self._tokens, context.identity, self.catalog, self._store
        )
        ecr.correct(self._store.keep, self._tell)
        replace_operation(context.home, self._tokens, context.identity)
        context.server.mount("/v2/", self._front)

    def launch(self) -> None:
        """Start the programs. From the main thread, which lives as long as they."""
        home = self._home
        pki.ensure(home.kube_ca.parent, pki.leaves(home.registry_host, home.addresses.registry_ip))
        write_node_credentials(home, self._tokens)
        view.write(home)
        self._store.start(self._tokens.issue(None, NEVER))
        inner = self._open("127.0.0.1", 0)
        self._open(home.addresses.registry_ip, HTTPS)
        self._engine.launch(inner.server_port)

    def start(self) -> None:
        """Returns when images can be built, pushed and pulled. After `launch`, from any thread."""
        self._engine.wait()
        home = self._home
        if base.needed(home) and base.load(home):
            news = f"no image registry outside answers: builds start from {base.REFERENCE}, made of Debian packages"
            say(f"images: {news}")

    def stop(self) -> None:
        self._engine.stop()
        for door in self._doors:
            door.shut()
        self._doors.clear()
        self._store.stop()

    def status(self) -> dict[str, Any]:
        return {"failure": self._engine.failure, "memory": self._engine.memory}

    @property
    def failure(self) -> str | None:
        """Why the image engine is over although nobody stopped it."""
        return self._engine.failure

    def catalog(self) -> Catalog:
        """ECR through its API, as the account's owner: one client, made when the API answers."""
        with self._lock:
            if self._catalog is None:
                self._catalog = Catalog(self._context.identity.owner_session().client("ecr"))
            return self._catalog

    def _tell(self, backend: ECRBackend, image: Image) -> None:
        """Events of other accounts and regions are on buses that nobody here listens to."""
        if (backend.account_id, backend.region_name) == (self._home.account, self._home.region):
            self._context.events.publish("aws.ecr", "ECR Image Action", [], ecr.pushed(image))

    def _open(self, address: str, port: int) -> Door:
        keys = self._home.kube_ca.parent
        door = Door(address, port, self._front, keys / "registry.crt", keys / "registry.key")
        self._doors.append(door)
        door.open()
        return door


def write_node_credentials(home: Home, tokens: Tokens) -> None:
    """The node pulls with a token of its own, as an EKS node does with its instance's role."""
    text = files.registry_hosts(home.registry_host, home.addresses.aws_port, basic(tokens.issue(None, NEVER)))
    path = home.node / "shared" / "certs.d" / home.registry_host / "hosts.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
