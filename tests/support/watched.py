"""A target behind a relay that counts: what a release asks of the API server, by kind of request."""

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Iterator

from tests.support.delivery import Place
from tests.support.fault_proxy import At, FaultProxy, Hook


@dataclasses.dataclass
class Requests:
    proxy: FaultProxy

    @property
    def counts(self) -> Counter[str]:
        """By what they do: discovery, lock (inventory and key), stored (sets), list, get, dry run, apply, delete."""
        return Counter(_what(seen.method, seen.path) for seen in self.proxy.seen)

    def forget(self) -> None:
        self.proxy.forget()


@contextlib.contextmanager
def watched(place: Place, hook: Hook = At({})) -> Iterator[tuple[Place, Requests]]:  # noqa: B008
    """The same target, and what is asked of its server from now on."""
    with FaultProxy(place.plane.url, place.plane.ca, hook) as proxy:
        plane = dataclasses.replace(place.plane, url=proxy.url, ca=proxy.ca)
        yield dataclasses.replace(place, plane=plane), Requests(proxy)


def _what(method: str, path: str) -> str:
    target, _, query = path.partition("?")
    name = target.rpartition("/")[2]
    if target in ("/api", "/apis", "/version"):
        return "discovery"
    if name in ("shipline-shop", "shipline-shop.key"):
        return f"lock {method}"
    if (".v" in name and name.startswith("shipline-shop")) or "shipline.dev%2Fservice" in query:
        return f"stored {method}"
    if method == "PATCH":
        return "dry run" if "dryRun" in query else "apply"
    if method == "GET":
        return "watch" if "watch=" in query else "list" if target.count("/") in (5, 6) and _is_list(target) else "get"
    return method.lower()


def _is_list(target: str) -> bool:
    parts = target.strip("/").split("/")
    within = parts.index("namespaces") if "namespaces" in parts else -1
    return len(parts) - within == 3 if within >= 0 else len(parts) in (3, 4)
