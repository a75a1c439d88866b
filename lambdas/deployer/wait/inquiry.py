"""What the cluster says of a trouble: events and log lines. Asked only when there is something to explain."""

from collections.abc import Callable, Iterable
from typing import Any

from deployer.kube.client import Kube
from deployer.kube.errors import ApiError
from deployer.objects import Identity, Object
from deployer.redact import Redactor
from deployer.values import dataclass
from deployer.wait.containers import Trouble

# What a kubelet answers, with 200, for a container that it has removed: it keeps one dead container of each.
LOG_GONE = "unable to retrieve container logs"
LOG_LINES = 15
LOG_READ = 64_000  # bytes asked for; what is shown of them is cut after masking, so that no half of a secret stays
LOG_SHOWN = 4_000
EVENTS_SHOWN = 4
ELSEWHERE = "default"  # where the events are of objects that lie in no namespace
EVENT_SHOWN = 500


@dataclass(frozen=True)
class Event:
    reason: str
    message: str
    warning: bool
    times: int
    at: str  # the server's own time, for order alone

    def __str__(self) -> str:
        often = f" ({self.times} times)" if self.times > 1 else ""
        return f"{self.reason}{often}: {self.message}"


@dataclass(frozen=True)
class Inquiry:
    kube: Kube
    redactor: Redactor
    learn: Callable[[], None] = lambda: None  # makes the redactor know what the pods may say

    def events(self, namespace: str, uid: str) -> list[Event]:
        """What was said of one object, oldest first; none when events may not be read."""
        return self._events(namespace, f"involvedObject.uid={uid}")

    def events_of_claim(self, namespace: str, name: str) -> list[Event]:
        return self._events(namespace, f"involvedObject.kind=PersistentVolumeClaim,involvedObject.name={name}")

    def completed(self, job: Identity) -> bool:
        """Whether the cluster remembers that a Job ended well."""
        about = f"involvedObject.kind=Job,involvedObject.name={job.name},reason=Completed"
        return bool(self._events(job.namespace, about))

    def _events(self, namespace: str, selector: str) -> list[Event]:
        try:
            answer = self.kube.get(f"/api/v1/namespaces/{namespace or ELSEWHERE}/events", fieldSelector=selector)
        except ApiError:
            return []  # no events are no reason to lose the error that they were to explain
        return sorted((_event(item) for item in answer.get("items") or []), key=lambda event: event.at)

    def warnings(self, events: Iterable[Event]) -> tuple[str, ...]:
        """The last few warnings, each said once, masked."""
        said: dict[tuple[str, str], Event] = {}
        for event in (event for event in events if event.warning):
            before = said.pop((event.reason, event.message), None)
            times = event.times + (before.times if before else 0)
            said[event.reason, event.message] = Event(event.reason, event.message, True, times, event.at)
        return tuple(self.redactor.clean_cut(str(event))[:EVENT_SHOWN] for event in list(said.values())[-EVENTS_SHOWN:])

    def log(self, namespace: str, trouble: Trouble) -> str:
        """The last lines of the container that a trouble is about, masked; empty when it has none."""
        if not trouble.container:
            return ""
        return self.redactor.clean(last_lines(self.kube, namespace, trouble))[-LOG_SHOWN:]


def last_lines(kube: Kube, namespace: str, trouble: Trouble) -> str:
    """The last lines that the container wrote before it ended; empty when it never ran."""
    path = f"/api/v1/namespaces/{namespace}/pods/{trouble.pod}/log"
    options = {"container": trouble.container, "tailLines": str(LOG_LINES), "limitBytes": str(LOG_READ)}
    for previous in ("true", "false") if trouble.restarted else ("false",):
        try:
            text = kube.text(path, previous=previous, **options)
        except ApiError:
            continue  # no log is no reason to lose the error that it was to explain
        if len(text.encode()) >= LOG_READ:
            text = text.rpartition("\n")[0]  # the last line was cut, perhaps in the middle of a secret
        if text.strip() and not text.startswith(LOG_GONE):
            return text.strip()
    return ""


def _event(item: Object) -> Event:
    series: dict[str, Any] = item.get("series") or {}
    at = series.get("lastObservedTime") or item.get("lastTimestamp") or item.get("eventTime") or ""
    return Event(
        reason=str(item.get("reason") or ""),
        message=" ".join(str(item.get("message") or "").split()),
        warning=item.get("type") == "Warning",
        times=int(series.get("count") or item.get("count") or 1),
        at=str(at),
    )
