"""Collections that are listed once and then watched: what is there, and each change as it comes.

feed = Feed(path, query, listed, told)      where, and who is told
feeds.open(...)                             LISTs, many at a time, and a watch from each one's version
feeds.take(timeout)                         hands on what has changed; lists again what a watch cannot follow
"""

import time
from collections.abc import Callable, Iterable

from deployer.kube.call import Call
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, Gone
from deployer.kube.verbs import accepted
from deployer.kube.watch import Event, Watch, watch_any
from deployer.objects import Object
from deployer.values import dataclass, field


@dataclass(frozen=True, eq=False)
class Feed:
    """`version` and `kind` complete the items of a LIST, which do not name theirs."""

    path: str
    version: str
    kind: str
    listed: Callable[[list[Object]], None]
    told: Callable[[str, Object], None]
    selector: str = ""

    @property
    def query(self) -> dict[str, str]:
        return {"labelSelector": self.selector} if self.selector else {}


ASK_AGAIN = 1.0  # seconds between two LISTs of what may not be watched
NO_WATCH = (403, 405)  # rights without `watch`, and servers behind the API server that have none
LIST_AGAIN = 180.0  # seconds after which everything is listed, whatever the watches tell


@dataclass
class Feeds:
    kube: Kube
    _open: dict[Feed, Watch] = field(default_factory=dict)
    _asked: dict[Feed, float] = field(default_factory=dict)  # those that are listed instead, and when again
    _told: int = 0  # events and LISTs that were handed on
    _all_again: float = field(default_factory=lambda: time.monotonic() + LIST_AGAIN)

    def list(self, feeds: Iterable[Feed]) -> dict[Feed, str]:
        """Tell each feed what is there; the version of each LIST."""
        wanted = list(feeds)
        calls = [Call("GET", feed.path, feed.kind, feed.query) for feed in wanted]
        versions: dict[Feed, str] = {}
        for feed, answer in zip(wanted, map(accepted, self.kube.many(calls)), strict=True):
            named = {"apiVersion": feed.version, "kind": feed.kind}
            self._told += 1
            feed.listed([{**item, **named} for item in answer.get("items") or []])
            versions[feed] = str(answer["metadata"]["resourceVersion"])
        return versions

    def watch(self, versions: dict[Feed, str]) -> None:
        for feed, version in versions.items():
            self._open[feed] = self.kube.watch(feed.path, feed.query, version)

    def take(self, timeout: float) -> bool:
        """Hand on the first change within `timeout`, and every other that is there by then; whether there was any."""
        now = time.monotonic()
        before = self._told
        self._list_due(now)
        timeout = max(0.0, min([timeout, *(at - now for at in self._asked.values())]))
        while found := self._next(timeout):
            feed, event = found
            feed.told(event.type, event.object)
            self._told += 1
            timeout = 0.0
        return self._told != before

    def close(self, feeds: Iterable[Feed] | None = None) -> None:
        for feed in [*self._open] if feeds is None else feeds:
            self._open.pop(feed).close()
            self._asked.pop(feed, None)

    def _next(self, timeout: float) -> tuple[Feed, Event] | None:
        watches = {watch: feed for feed, watch in self._open.items() if feed not in self._asked}
        if not watches:
            time.sleep(timeout)
            return None
        try:
            found = watch_any(list(watches), timeout)
        except ApiError as error:
            return self._mended([feed for watch, feed in watches.items() if watch.over], error)
        return (watches[found[0]], found[1]) if found else None

    def _mended(self, lost: Iterable[Feed], error: ApiError) -> tuple[Feed, Event] | None:
        """What a watch has missed is in a LIST; what may not be watched at all is listed from now on."""
        if not isinstance(error, Gone) and error.status.code not in NO_WATCH:
            raise error
        for feed in lost:
            if isinstance(error, Gone):
                self._again(feed)
            else:
                self._asked[feed] = 0.0
        return self._next(0.0)

    def _again(self, feed: Feed) -> None:
        self._open[feed].restart(self.list([feed])[feed])

    def _list_due(self, now: float) -> None:
        """LIST what may not be watched, and, once in a long while, everything."""
        for feed in [feed for feed, at in self._asked.items() if at <= now]:
            self.list([feed])
            self._asked[feed] = now + ASK_AGAIN
        if now >= self._all_again:
            self._all_again = now + LIST_AGAIN
            for feed in self._open.keys() - self._asked.keys():
                self._again(feed)
