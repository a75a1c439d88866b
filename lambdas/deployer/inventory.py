"""The one object of a release in its namespace: lock, fence, journal and inventory, an ApplySet parent.

It is a ConfigMap, changed only under the resourceVersion that was read. Whoever holds it renews it; who finds it
renewed by somebody else stops at once. Time is only ever how long one observer saw it unchanged, never two clocks.
"""

import base64
import dataclasses
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from deployer.errors import DeployError, Fatal, Fenced, Superseded, Unavailable
from deployer.kube.client import Kube
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.objects import Identity, Key

LEASE = 15.0  # seconds without a renewal after which a holder is taken for dead
BEAT = 4.0  # seconds between renewals
TOOLING = "shipline/v1"
MERGE = "application/merge-patch+json"

Stage = Literal[
    "idle", "before", "apply", "wait", "after", "prune", "close", "restore", "settle", "succeeded", "failed"
]
FINAL: frozenset[Stage] = frozenset({"idle", "succeeded", "failed"})


class Member(NamedTuple):
    """An object that a release of this inventory may have written; `uid` once the server gave it."""

    group: str
    version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""
    adopted: bool = False  # it was there before any release of ours: never deleted by a way back

    @property
    def key(self) -> Key:
        return Key(self.group, self.version, self.kind, self.namespace, self.name)

    @property
    def identity(self) -> Identity:
        return self.key.identity


@dataclass(frozen=True)
class Journal:
    """Where the release stands. `good` is the release to go back to, 0 when there is none."""

    number: int = 0
    attempt: str = ""  # the action execution that this is about: a job delivered twice is known by it
    stage: Stage = "idle"
    fence: int = 0
    holder: str = ""
    good: int = 0
    dirty: bool = False  # an earlier release was left half done: a way back rewrites everything
    waited: float = 0.0
    failure: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)  # Helm release -> revision of this release
    hooks: tuple[str, ...] = ()  # hooks that ended well
    members: tuple[Member, ...] = ()

    def having(self, **changes: Any) -> "Journal":
        return dataclasses.replace(self, **changes)


def object_name(service: str) -> str:
    return f"shipline-{service}"


def applyset_id(name: str, namespace: str) -> str:
    """The ApplySet's id (KEP-3659) of a ConfigMap parent: the value of every member's label."""
    digest = hashlib.sha256(f"{name}.{namespace}.ConfigMap.".encode()).digest()
    return f"applyset-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}-v1"


class Inventory:
    """Reads and takes the object; what is held is a `Hold`."""

    def __init__(
        self,
        kube: Kube,
        service: str,
        namespace: str,
        *,
        lease: float = LEASE,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.kube = kube
        self.name = object_name(service)
        self.namespace = namespace
        self.id = applyset_id(self.name, namespace)
        self._path = f"/api/v1/namespaces/{namespace}/configmaps"
        self._lease, self._clock, self._sleep = lease, clock, sleep

    def read(self) -> tuple[Journal, str]:
        """The journal and its resourceVersion; an empty journal and "" when no release was ever begun."""
        try:
            found = self.kube.get(f"{self._path}/{self.name}", subject=f"ConfigMap {self.name}")
        except NotFound as absent:
            self._refuse_missing_namespace(absent)
            return Journal(), ""
        notes = found["metadata"].get("annotations") or {}
        tooling = notes.get("applyset.kubernetes.io/tooling", "")
        if tooling != TOOLING:
            raise Fatal(
                f"it belongs to {tooling or 'somebody else'}, not to {TOOLING}.",
                subject=f"ConfigMap {self.name}",
                remedy="Rename the service, or delete that object if nothing needs it.",
            )
        return _decode(found["data"]), str(found["metadata"]["resourceVersion"])

    def take(self, number: int, holder: str, until: Callable[[], bool]) -> "Hold | None":
        """Hold the object for release `number`; None when another holder is at work and `until` says to stop waiting.

        Superseded when a newer release has been here. A holder that is silent for a lease is taken over.
        """
        seen, since = "", self._clock()
        while True:
            journal, version = self.read()
            if journal.number > number:
                raise Superseded(
                    f"release {number} is superseded by release {journal.number}, which has been here since.",
                    remedy="Nothing was changed.",
                )
            if version != seen:
                seen, since = version, self._clock()
            busy = journal.holder not in ("", holder)
            if not busy or self._clock() - since > self._lease:
                taken = self._write(journal.having(fence=journal.fence + 1, holder=holder), version)
                if taken:
                    return Hold(self, journal.having(fence=journal.fence + 1, holder=holder), taken)
                continue
            if until():
                return None
            self._sleep(0.5)

    def _write(self, journal: Journal, version: str) -> str:
        """The new resourceVersion, or "" when the object changed since `version` was read."""
        body = self._object(journal)
        try:
            if version:
                body["metadata"]["resourceVersion"] = version
                written = self.kube.request("PUT", f"{self._path}/{self.name}", body=body)
            else:
                written = self.kube.request("POST", self._path, body=body)
        except Conflict:
            # Ours may have been written by a call whose answer was lost on the way.
            journal_now, version_now = self.read()
            return version_now if journal_now == journal else ""
        return str(written["metadata"]["resourceVersion"])

    def _object(self, journal: Journal) -> dict[str, Any]:
        kinds = sorted({f"{m.kind}.{m.group}" if m.group else m.kind for m in journal.members})
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "labels": {"applyset.kubernetes.io/id": self.id, "app.kubernetes.io/managed-by": "shipline"},
                "annotations": {
                    "applyset.kubernetes.io/tooling": TOOLING,
                    "applyset.kubernetes.io/contains-group-kinds": ",".join(kinds),
                    "applyset.kubernetes.io/additional-namespaces": "",
                },
            },
            "data": _encode(journal),
        }

    def _refuse_missing_namespace(self, absent: ApiError) -> None:
        if 'namespaces "' in absent.status.message:
            raise Fatal(
                f"namespace {self.namespace!r} is not there.",
                remedy="Deploy the stack that makes it (`cdk deploy --all`).",
                kind="ConfigurationError",
            ) from absent


class Hold:
    """The object while it is ours: a thread renews it, every change is checked against it."""

    def __init__(self, inventory: Inventory, journal: Journal, version: str) -> None:
        self._inventory = inventory
        self._journal = journal
        self._version = version
        self._lost = False
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._renew, daemon=True)
        self._beat.start()

    @property
    def journal(self) -> Journal:
        return self._journal

    def check(self) -> None:
        """Fenced when somebody else holds the object now; costs nothing, so ask before every write."""
        if self._lost:
            raise Fenced

    def update(self, **changes: Any) -> Journal:
        """Change the journal under the fence."""
        with self._guard:
            self.check()
            journal = self._journal.having(**changes)
            version = self._inventory._write(journal, self._version)
            if not version:
                self._lost = True
                raise Fenced
            self._journal, self._version = journal, version
            return journal

    def release(self) -> None:
        """Let go, so that the next invocation needs not wait for the lease."""
        self._ended.set()
        self._beat.join()
        if self._lost or not self._journal.holder:
            return
        try:
            self.update(holder="")
        except (Fenced, Unavailable):
            return  # what was done is done; the next one waits for the lease

    def abandon(self) -> None:
        """Stop renewing and leave the object as it is."""
        self._ended.set()
        self._beat.join()

    def _renew(self) -> None:
        while not self._ended.wait(BEAT):
            with self._guard:
                if self._lost:
                    return
                body = {
                    "metadata": {"resourceVersion": self._version, "annotations": {_BEAT_NOTE: str(time.time_ns())}}
                }
                path = f"{self._inventory._path}/{self._inventory.name}"
                try:
                    renewed = self._inventory.kube.request("PATCH", path, body=body, content=MERGE)
                except (Conflict, NotFound):
                    self._lost = True
                except DeployError:
                    continue  # the main path meets the same cluster, and has a caller to tell
                else:
                    self._version = str(renewed["metadata"]["resourceVersion"])


_BEAT_NOTE = "shipline.dev/renewed"


def widened(members: Iterable[Member], more: Iterable[Member]) -> tuple[Member, ...]:
    """The union: what is known of an object that is in both stays."""
    known = {member.identity: member for member in members}
    for member in more:
        old = known.get(member.identity)
        known[member.identity] = member._replace(uid=member.uid or old.uid, adopted=old.adopted) if old else member
    return tuple(known.values())


def _encode(journal: Journal) -> dict[str, str]:
    words = dataclasses.asdict(journal.having(members=()))
    del words["members"]
    members = [[*member[:5], member.uid, int(member.adopted)] for member in journal.members]
    return {"journal": json.dumps(words, sort_keys=True), "members": json.dumps(members, separators=(",", ":"))}


def _decode(data: dict[str, str]) -> Journal:
    words = json.loads(data["journal"])
    members = tuple(
        Member(group, version, kind, namespace, name, uid, bool(adopted))
        for group, version, kind, namespace, name, uid, adopted in json.loads(data["members"])
    )
    return Journal(**{**words, "hooks": tuple(words["hooks"]), "members": members})
