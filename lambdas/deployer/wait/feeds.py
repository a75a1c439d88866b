"""Collections that are listed once and then watched: what is there, and each change as it comes.

feed = Feed(path, query, listed, told)      where, and who is told
feeds.open(...)                             LISTs, many at a time, and a watch from each one's version
feeds.take(timeout)                         hands on what has changed; lists again what a watch cannot follow
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from deployer.kube.call import Call
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, Gone
from deployer.kube.verbs import accepted
from deployer.kube.watch import Watch, watch_any
from deployer.objects import Object


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
    _open: dict[str, tuple[Feed, Watch]] = field(default_factory=dict)  # by path
    _asked: dict[str, float] = field(default_factory=dict)  # the paths that are listed instead, and when again
    _all_again: float = field(default_factory=lambda: time.monotonic() + LIST_AGAIN)

    def list(self, feeds: Iterable[Feed]) -> dict[Feed, str]:
        """Tell each feed what is there; the version of each LIST."""
        wanted = list(feeds)
        calls = [Call("GET", feed.path, feed.kind, feed.query) for feed in wanted]
        versions: dict[Feed, str] = {}
        for feed, answer in zip(wanted, map(accepted, self.kube.many(calls)), strict=True):
            named = {"apiVersion": feed.version, "kind": feed.kind}
            feed.listed([{**item, **named} for item in answer.get("items") or []])
            versions[feed] = str(answer["metadata"]["resourceVersion"])
        return versions

    def watch(self, versions: dict[Feed, str]) -> None:
        for feed, version in versions.items():
            self._open[feed.path] = (feed, self.kube.watch(feed.path, feed.query, version))

    def take(self, timeout: float) -> None:
        """Hand on the first change within `timeout`, and every other that is there by then."""
        now = time.monotonic()
        self._list_due(now)
        while found := self._next(max(0.0, min([timeout, *(at - now for at in self._asked.values())]))):
            feed, kind, item = found
            feed.told(kind, item)
            timeout = 0.0

    def close(self, feeds: Iterable[Feed] | None = None) -> None:
        for path in list(self._open) if feeds is None else [feed.path for feed in feeds]:
            self._open.pop(path)[1].close()
            self._asked.pop(path, None)

    def _next(self, timeout: float) -> tuple[Feed, str, Object] | None:
        watches = [watch for path, (_, watch) in self._open.items() if path not in self._asked]
        if not watches:
            time.sleep(timeout)
            return None
        try:
            found = watch_any(watches, timeout)
        except Gone as gone:
            self._again(gone.subject)
            return self._next(0.0)
        except ApiError as refused:
            if refused.status.code not in NO_WATCH:
                raise
            self._asked[refused.subject] = 0.0
            return None
        return (self._open[found[0].path][0], *found[1]) if found else None

    def _again(self, path: str) -> None:
        """What a watch has missed is in a LIST."""
        feed, watch = self._open[path]
        watch.restart(self.list([feed])[feed])

    def _list_due(self, now: float) -> None:
        """LIST what may not be watched, and, once in a long while, everything."""
        for path in [path for path, at in self._asked.items() if at <= now]:
            self.list([self._open[path][0]])
            self._asked[path] = now + ASK_AGAIN
        if now >= self._all_again:
            self._all_again = now + LIST_AGAIN
            for path in self._open.keys() - self._asked.keys():
                self._again(path)
