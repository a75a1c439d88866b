"""How each object of a set stands, from what LISTs and watches have told so far. No requests here."""

from collections.abc import Callable, Iterable, Mapping

from deployer.objects import Identity, Object, key_of
from deployer.values import dataclass, field
from deployer.wait.health import FOREVER, Health, failed, is_true, progressing, ready
from deployer.wait.judge import judge

GONE = "it was deleted, or lost its label, while the release went on"
NOT_SEEN = progressing("it was not looked at yet")
TIME_OVER = ready("it ended well, and its time to live is over")
JOB = ("batch", "Job")
MANAGERS = "managedFields"  # most of the metadata


@dataclass
class Standing:
    """`generations`: what our own writes returned; an object that was not written has used up its graces before."""

    objects: frozenset[Identity]
    generations: Mapping[Identity, int]
    clock: Callable[[], float]
    live: dict[Identity, Object] = field(default_factory=dict)  # of those that are not ready, as last seen
    _open: dict[Identity, Health] = field(default_factory=dict)
    _since: dict[Identity, tuple[str, float]] = field(default_factory=dict)
    _notes: dict[Identity, str] = field(default_factory=dict)
    _seen: set[Identity] = field(default_factory=set)
    _ended: set[Identity] = field(default_factory=set)  # Jobs that ended well, there or not
    metadata: dict[Identity, Object] = field(default_factory=dict)  # of each as it was seen last, without managers

    def __post_init__(self) -> None:
        self._open = dict.fromkeys(self.objects, NOT_SEEN)

    def listed(self, expected: Iterable[Identity], items: Iterable[Object]) -> None:
        """All that is there of one kind; `expected` are the set's objects of it."""
        found = {key_of(item).identity: item for item in items}
        for identity in expected:
            if identity in found:
                self.seen(found[identity])
            else:
                self.gone(identity, self.live.get(identity))

    def seen(self, item: Object) -> None:
        identity = key_of(item).identity
        if identity in self.objects:
            self._seen.add(identity)
            if (identity.group, identity.kind) == JOB and is_true(item, "Complete"):
                self._ended.add(identity)
            self.metadata[identity] = {name: value for name, value in item["metadata"].items() if name != MANAGERS}
            self._put(identity, judge(item, self.generations.get(identity, 0)), item)

    def gone(self, identity: Identity, last: Object | None) -> None:
        """An object is not there any more; `last` is how it was when it went, as far as that is known."""
        if identity in self.objects:
            ended = identity in self._ended
            self._put(identity, TIME_OVER if ended else _farewell(identity, last), None)

    def never_seen(self, job: Identity) -> bool:
        """Whether it is a Job that was not there when it was looked at first."""
        return (job.group, job.kind) == JOB and job in self._open and job not in self._seen

    def ended(self, job: Identity) -> None:
        """A Job that is gone has ended well."""
        self._put(job, TIME_OVER, None)

    @property
    def settled(self) -> bool:
        """Whether all of them are ready."""
        return not self._open

    def waiting(self) -> dict[Identity, Health]:
        """What is not ready, but for what has outlived its grace."""
        now = self.clock()
        return {identity: health for identity, health in self._open.items() if not self._told(identity, health, now)}

    def notes(self, waiting: Mapping[Identity, Health]) -> dict[Identity, str]:
        """What is told of objects that nobody waits for (any more)."""
        late = {identity: health.message for identity, health in self._open.items() if identity not in waiting}
        return {**self._notes, **late}

    def due(self) -> float:
        """When the next grace is over, by the clock; infinite when none runs."""
        now = self.clock()
        timed = ((identity, health.grace) for identity, health in self._open.items() if health.grace != FOREVER)
        ends = [self._since[identity][1] + grace for identity, grace in timed]
        return min((end for end in ends if end > now), default=FOREVER)

    def _put(self, identity: Identity, health: Health, item: Object | None) -> None:
        self._notes.pop(identity, None)
        if health.state == "ready":
            self._open.pop(identity, None)
            self.live.pop(identity, None)
            if health.message:
                self._notes[identity] = health.message
            return
        self._open[identity] = health
        if self._since.get(identity, ("", 0.0))[0] != health.message:
            self._since[identity] = (health.message, self.clock())
        if item is not None:
            self.live[identity] = item

    def _told(self, identity: Identity, health: Health, now: float) -> bool:
        if health.grace == FOREVER:
            return False
        return identity not in self.generations or now - self._since[identity][1] >= health.grace


def _farewell(identity: Identity, last: Object | None) -> Health:
    """A Job that its TTL took away has done its work, when it was seen to end well."""
    if (identity.group, identity.kind) == JOB and last is not None:
        found = judge({**last, "metadata": {**last["metadata"], "deletionTimestamp": None}})
        if found.state == "failed":
            return found
        if is_true(last, "Complete"):
            return TIME_OVER
    return failed(GONE)
