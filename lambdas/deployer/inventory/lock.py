"""Who holds the inventory: taken and changed only under the resourceVersion that was read.

Whoever holds it renews it; who finds it renewed by somebody else stops at once. Time is only ever how long one observer
saw it unchanged, never two clocks.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from deployer.errors import DeployError, Fatal, Fenced, Superseded
from deployer.inventory import key
from deployer.inventory.journal import FINAL, Journal
from deployer.inventory.parent import TOOLING, applyset_id, is_packed, journal_of, object_name, parent, words
from deployer.kube.client import MERGE, Call, Kube
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.kube.metadata import METADATA
from deployer.kube.verbs import accepted
from deployer.outcome import Token

LEASE = 15.0  # seconds without a renewal after which a holder is taken for dead
BEAT = 4.0  # seconds between renewals
_BEAT_NOTE = "shipline.dev/renewed"
_MARK = "take"  # the stage of a token that was given before anything was begun


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
        self.key = b""  # of what was read last
        self.lease, self.clock = lease, clock
        base = f"/api/v1/namespaces/{namespace}"
        self._configs, self._secrets, self._secret = f"{base}/configmaps", f"{base}/secrets", f"{self.name}.key"
        self.path = f"{self._configs}/{self.name}"
        self._sleep = sleep
        self._packed = True
        self._heard: Sequence[Any] = ()
        self._looked: tuple[Journal, str] | None = None

    def calls(self) -> list[Call]:
        """What a reading asks; somebody may ask it beside other things, and hand the answers to `heard`."""
        return [
            Call("GET", self.path, f"ConfigMap {self.name}"),
            Call("GET", f"{self._secrets}/{self._secret}", f"Secret {self._secret}"),
        ]

    def heard(self, answers: Sequence[Any]) -> None:
        """The next reading is of these."""
        self._heard = answers

    def look(self) -> Journal:
        """The journal as it stands; who takes the inventory next needs not read it again: an older one cannot be."""
        self._looked = self.read()
        return self._looked[0]

    def read(self) -> tuple[Journal, str]:
        """The journal and its resourceVersion; an empty journal and "" when no release was ever begun."""
        answers, self._heard = self._heard, ()
        found, secret = answers or self.kube.many(self.calls())
        if isinstance(found, NotFound):
            self._refuse_missing_namespace(found)
        there = None if isinstance(found, NotFound) else accepted(found)
        self.key = b"" if isinstance(secret, NotFound) else key.read(accepted(secret))
        if there is None:
            return Journal(), ""
        notes = there["metadata"].get("annotations") or {}
        tooling = notes.get("applyset.kubernetes.io/tooling", "")
        if tooling != TOOLING:
            raise Fatal(
                f"it belongs to {tooling or 'somebody else'}, not to {TOOLING}.",
                subject=f"ConfigMap {self.name}",
                remedy="Rename the service, or delete that object if nothing needs it.",
            )
        self._packed = is_packed(there)
        return journal_of(there, self.key), str(there["metadata"]["resourceVersion"])

    def take(
        self,
        number: int,
        holder: str,
        attempt: str,
        until: Callable[[], bool],
        token: Token | None = None,
        *,
        idle: bool = False,
    ) -> "Hold | Journal | None":
        """Hold the object for release `number`; its journal when this very attempt has ended; None when another holder
        is at work and `until` says to stop waiting.

        Superseded when a newer release has been here, Fenced when a newer invocation has, Fatal for a token that is not
        ours; none of them changes anything. A holder that is silent for a lease is taken over; who asks for
        it `idle` waits for the end of what another release has begun.
        """
        seen, since, waited = "", self.clock(), False
        looked, self._looked = self._looked, None
        while True:
            journal, version = looked or self.read()
            looked = None
            if token:
                self._check(token, journal)
            if journal.number > number:
                raise Superseded(
                    f"release {number} is superseded by release {journal.number}, which has been here since.",
                    remedy="Nothing was changed.",
                )
            if journal.number == number and journal.attempt == attempt and journal.stage in FINAL:
                return journal
            if version != seen:
                seen, since = version, self.clock()
            busy = journal.holder not in ("", holder)
            begun = idle and journal.number != number and journal.stage not in FINAL
            if not begun and (not busy or self.clock() - since > self.lease):
                taken = self._take(journal.having(fence=journal.fence + 1, holder=holder), version)
                if taken:
                    taken.waited = waited
                    return taken
                waited = True
                continue
            if until():
                return None
            waited = True
            self._sleep(0.5)

    def token(self, number: int, stage: str, fence: int) -> Token:
        """What names this point of the release to the next invocation, and cannot be made by others."""
        return Token(number, stage, fence, key.sign(self.key, *self._words(number, stage, fence)))

    def _check(self, token: Token, journal: Journal) -> None:
        """Fatal for a token that was not made here, Fenced for one that a later invocation has outrun."""
        if not key.signed(self.key, token.mac, *self._words(token.release, token.stage, token.fence)):
            raise Fatal(
                "the continuation token is not one of ours.",
                remedy="Nothing was changed. Retry the stage.",
                kind="ConfigurationError",
            )
        # An invocation that was killed is started again with the token that it came with.
        killed = journal.holder and token.fence == journal.fence - 1
        ended = journal.number == token.release and journal.stage in FINAL
        here = token.fence == journal.fence or token.stage == _MARK
        if journal.number == token.release and not (here or ended or killed):
            raise Fenced

    def _words(self, *words: object) -> tuple[object, ...]:
        return self.namespace, self.name, *words

    def _take(self, journal: Journal, version: str) -> "Hold | None":
        if not self.key:
            self.key = key.create(self.kube, self._secrets, self._secret)
        taken = self.write(journal, version, whole=not (version and self._packed))
        return Hold(self, journal, taken) if taken else None

    def write(self, journal: Journal, version: str, *, whole: bool) -> str:
        """The new resourceVersion, or "" when the object changed since `version` was read.

        Without `whole` the members stay as they are there: they are most of what the object holds.
        """
        try:
            written = self._send(journal, version, whole)
        except Conflict:
            # Ours may have been written by a call whose answer was lost on the way.
            journal_now, version_now = self.read()
            return version_now if journal_now == journal else ""
        return str(written["metadata"]["resourceVersion"])

    def _send(self, journal: Journal, version: str, whole: bool) -> dict[str, Any]:
        if not whole:
            change = {"metadata": {"resourceVersion": version}, "data": {"journal": words(journal)}}
            return self.kube.request("PATCH", self.path, body=change, content=MERGE, accept=METADATA)
        body = parent(self.name, self.namespace, journal, self.key)
        if not version:
            return self.kube.request("POST", self._configs, body=body, accept=METADATA)
        body["metadata"]["resourceVersion"] = version
        return self.kube.request("PUT", self.path, body=body, accept=METADATA)

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
        self._journal = self._written = journal
        self._version = version
        self._renewed = inventory.clock()
        self._lost = False
        self.waited = False  # others were here between the asking and the taking
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._renew, daemon=True)
        self._beat.start()

    @property
    def journal(self) -> Journal:
        return self._journal

    def check(self) -> None:
        """Fenced when somebody else holds the object now. Costs nothing as a rule: ask before every write.

        A process that slept for most of the lease, as a frozen function does, asks the server first.
        """
        if not self._lost and self._old:
            with self._guard:
                if self._old:
                    self._renew_now()
        if self._lost:
            raise Fenced

    @property
    def _old(self) -> bool:
        return self._inventory.clock() - self._renewed > self._inventory.lease * 0.6

    def note(self, **changes: Any) -> Journal:
        """Change the journal in memory: the next `update` writes it. For what is found out again after a kill."""
        self._journal = self._journal.having(**changes)
        return self._journal

    def update(self, **changes: Any) -> Journal:
        """Change the journal under the fence."""
        with self._guard:
            if self._lost:
                raise Fenced
            journal = self._journal.having(**changes)
            whole = journal.members is not self._written.members
            version = self._inventory.write(journal, self._version, whole=whole)
            if not version:
                self._lost = True
                raise Fenced
            self._journal = self._written = journal
            self._version, self._renewed = version, self._inventory.clock()
            return journal

    def release(self) -> None:
        """Let go, so that the next invocation needs not wait for the lease."""
        self.abandon()
        if self._lost or not self._journal.holder:
            return
        try:
            self.update(holder="")
        except (Fenced, DeployError):
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
                self._renew_now()

    def _renew_now(self) -> None:
        body = {"metadata": {"resourceVersion": self._version, "annotations": {_BEAT_NOTE: str(time.time_ns())}}}
        path, kube = self._inventory.path, self._inventory.kube
        try:
            renewed = kube.request("PATCH", path, body=body, content=MERGE, accept=METADATA)
        except (Conflict, NotFound):
            self._lost = True
        except DeployError:
            return  # the main path meets the same cluster, and has a caller to tell
        else:
            self._version = str(renewed["metadata"]["resourceVersion"])
            self._renewed = self._inventory.clock()
