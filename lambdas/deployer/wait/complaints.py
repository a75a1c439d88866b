"""What may doom a release: each complaint names an object, its trouble, and whose events would tell more. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from deployer.objects import Identity, Object
from deployer.values import dataclass
from deployer.wait.containers import Trouble
from deployer.wait.crowd import Crowd, pods_of
from deployer.wait.graces import Graces
from deployer.wait.health import Health, count, status_of, wanted
from deployer.wait.kinds.progressive import has_failed
from deployer.wait.pods import claims_of, doubts, troubles
from deployer.wait.refusals import REASON, SILENT, grace_of, is_quota, refusal

WORKLOADS = frozenset(
    {
        ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"),
        ("", "ReplicationController"), ("batch", "Job"), ("", "Pod"),
    }
)  # fmt: skip
CLAIM = ("", "PersistentVolumeClaim")
CANARY = ("flagger.app", "Canary")
MADE = "made"


Mark = tuple[Identity, str, str, str]


@dataclass(frozen=True)
class Complaint:
    subject: Identity
    trouble: Trouble
    uid: str  # of the object whose events tell more
    claims: tuple[str, ...] = ()  # whose events may tell more still
    sticky: bool = True  # its time goes on when it was not to be seen for a moment

    @property
    def mark(self) -> Mark:
        """What makes it the same complaint, whatever its words are by now."""
        return self.subject, self.trouble.pod, self.trouble.container, self.trouble.what

    def __str__(self) -> str:
        return str(self.trouble) if self.trouble.pod else self.trouble.reason


def is_workload(identity: Identity) -> bool:
    return (identity.group, identity.kind) in WORKLOADS


def complaints(
    waiting: Mapping[Identity, Health], live: Mapping[Identity, Object], pods: Crowd, sets: Crowd, graces: Graces
) -> Iterator[Complaint]:
    """Everything that is wrong with what is not ready."""
    ending = pods.ending()
    for identity, health in waiting.items():
        item = live.get(identity)
        if item is None:
            continue
        if is_workload(identity):
            yield from _of_pods(identity, pods_of(item, pods, sets), graces)
            yield from _of_creation(identity, item, ending, graces)
        elif (identity.group, identity.kind) == CLAIM and health.state == "progressing":
            needs = (("ProvisioningFailed", ""),)
            refused = Trouble("", "", health.message, graces.provision, what="volume", needs=needs)
            yield Complaint(identity, refused, _uid(item))
        elif (identity.group, identity.kind) == CANARY and has_failed(item):
            yield Complaint(identity, Trouble("", "", health.message, graces.analysis, what="analysis"), _uid(item))


def _of_pods(identity: Identity, pods: Iterable[Object], graces: Graces) -> Iterator[Complaint]:
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp"):
            continue
        for trouble in [*troubles(pod, graces), *doubts(pod, graces)]:
            # How often a Job's pods may fail is the Job's own limit.
            if not (trouble.what == "crash" and identity.kind == "Job"):
                yield Complaint(identity, trouble, _uid(pod), tuple(claims_of(pod)))


def _of_creation(identity: Identity, item: Object, ending: bool, graces: Graces) -> Iterator[Complaint]:
    words = refusal(item)
    if words and not (ending and is_quota(words)):
        yield Complaint(identity, Trouble("", "", words, grace_of(words, graces), what=MADE), _uid(item), sticky=False)
    elif identity.kind in SILENT and not ending and _lacks_pods(identity.kind, item):
        needs = ((REASON, ""),)
        missing = Trouble("", "", "its pods are not made", graces.refused, what=MADE, needs=needs)
        yield Complaint(identity, missing, _uid(item), sticky=False)


def _lacks_pods(kind: str, item: Object) -> bool:
    status = status_of(item)
    if kind == "StatefulSet":
        return count(status, "replicas") < wanted(item)
    if kind == "DaemonSet":
        return count(status, "currentNumberScheduled") < count(status, "desiredNumberScheduled")
    return not count(status, "active")


def _uid(item: Object) -> str:
    return str(item["metadata"]["uid"])
