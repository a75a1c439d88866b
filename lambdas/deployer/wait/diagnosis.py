"""From complaints to a doom: how long each has lasted, and what the events say to it."""

from collections.abc import Callable, Iterable

from deployer.objects import Identity, Object
from deployer.values import dataclass, field
from deployer.wait.complaints import MADE, Complaint, Mark
from deployer.wait.containers import Trouble
from deployer.wait.graces import Graces
from deployer.wait.health import FOREVER, Health
from deployer.wait.inquiry import Event, Inquiry
from deployer.wait.pods import doubts, troubles, unready
from deployer.wait.refusals import grace_of
from deployer.wait.verdict import Doom


@dataclass
class Diagnosis:
    """Remembers since when each complaint has been heard, and what was promised about it."""

    inquiry: Inquiry
    graces: Graces
    clock: Callable[[], float]
    due: float = FOREVER  # when the next complaint has to be looked into
    _since: dict[Mark, float] = field(default_factory=dict)
    _later: dict[Mark, float] = field(default_factory=dict)  # not before then is it to be looked into (again)
    _fleeting: set[Mark] = field(default_factory=set)

    def of(self, heard: Iterable[Complaint]) -> Doom | None:
        """The first complaint that has outlived its grace and is not excused."""
        current = {complaint.mark: complaint for complaint in heard}
        now = self.clock()
        for mark in self._fleeting - set(current):
            self._since.pop(mark, None)
            self._later.pop(mark, None)
        self._fleeting = {mark for mark, complaint in current.items() if not complaint.sticky}
        for mark in current:
            self._since.setdefault(mark, now)
        for complaint in current.values():
            if self._due(complaint) <= now and (doom := self._look_into(complaint)):
                return doom
        self.due = min(map(self._due, current.values()), default=FOREVER)
        return None

    def failure(self, subject: Identity, health: Health, item: Object | None, pods: list[Object]) -> Doom:
        """Why an object is not ready, in the words of its pods, too; `pods` are those of its new revision."""
        if item is None:
            return self._doom(subject, health.message, [])
        pod, trouble = _speaker(pods)
        events = self.inquiry.events(subject.namespace, item["metadata"]["uid"])
        if pod is None or trouble is None:
            return self._doom(subject, health.message, events)
        events += self.inquiry.events(subject.namespace, pod["metadata"]["uid"])
        return self._doom(subject, f"{health.message}; {trouble}", events, trouble)

    def _due(self, complaint: Complaint) -> float:
        mark = complaint.mark
        return max(self._since[mark] + complaint.trouble.grace, self._later.get(mark, 0.0))

    def _look_into(self, complaint: Complaint) -> Doom | None:
        """The doom of a complaint whose grace is over; None when its events excuse it, or do not bear it out."""
        trouble, mark, now = complaint.trouble, complaint.mark, self.clock()
        namespace = complaint.subject.namespace
        events = self.inquiry.events(namespace, complaint.uid)
        relieved = self._since[mark] + trouble.grace + trouble.relief
        if any(event.reason in trouble.excuses for event in events) and now < relieved:
            self._later[mark] = relieved
            return None
        if not trouble.needs:
            for name in complaint.claims if trouble.what == "node" else ():
                events += self.inquiry.events_of_claim(namespace, name)
            return self._doom(complaint.subject, str(complaint), events, trouble)
        proof = _proof(trouble, events)
        patience = self._since[mark] + grace_of(proof.message, self.graces) if proof and trouble.what == MADE else 0.0
        if proof is None or now < patience:
            self._later[mark] = max(patience, now + self.graces.look)
            return None
        return self._doom(complaint.subject, f"{complaint}: {proof}", events, trouble)

    def _doom(self, subject: Identity, reason: str, events: list[Event], trouble: Trouble | None = None) -> Doom:
        said = [event for event in events if str(event) not in reason and event.message not in reason]
        self.inquiry.learn()
        log = self.inquiry.log(subject.namespace, trouble) if trouble else ""
        redactor = self.inquiry.redactor
        if trouble and trouble.said:  # a kubelet keeps the end of it
            reason = reason.replace(trouble.said, redactor.clean_cut(trouble.said))
        return Doom(subject, redactor.clean_cut(reason), self.inquiry.warnings(said), log)


def _proof(trouble: Trouble, events: list[Event]) -> Event | None:
    """The newest event that bears a trouble out."""
    bearing = (
        event
        for event in reversed(events)
        if any(event.reason == reason and phrase in event.message for reason, phrase in trouble.needs)
    )
    return next(bearing, None)


def _speaker(pods: list[Object]) -> tuple[Object | None, Trouble | None]:
    """The pod that tells most: one in trouble before one that is merely not ready."""
    for ask in (lambda pod: next(iter([*troubles(pod), *doubts(pod)]), None), unready):
        for pod in reversed(pods):
            if trouble := ask(pod):
                return pod, trouble
    return None, None
