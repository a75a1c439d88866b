"""Helm's own release records: Secrets that `helm list, history, status, get, rollback, upgrade` read as theirs.

A revision is written when its end is known, never as pending: a killed deployer leaves nothing that Helm refuses.
"""

import base64
import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

from deployer.errors import Fatal
from deployer.helm.chart import Chart
from deployer.helm.revision import Entry, Revision, pack, unpack
from deployer.helm.runs import Run, now
from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import NotFound
from deployer.values import dataclass

HISTORY = 10  # revisions that are kept, Helm's own default; 0 keeps all
BUSY = 300.0  # seconds that a pending revision is taken for Helm at work: Helm's own default timeout
TYPE = "helm.sh/release.v1"
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What a release has been at least once when it was installed.
INSTALLED = frozenset({"deployed", "superseded", "pending-upgrade", "pending-rollback"})


@dataclass(frozen=True)
class Head:
    """What the labels of a record tell without its text."""

    name: str
    number: int
    status: str
    created: str

    @property
    def pending(self) -> bool:
        return self.status.startswith("pending-") or self.status == "uninstalling"


class Records:
    """The records of one namespace."""

    def __init__(self, kube: Kube, namespace: str, *, history: int = HISTORY, busy: float = BUSY) -> None:
        self._kube = kube
        self._namespace = namespace
        self._history = history
        self._busy = busy
        self._path = f"/api/v1/namespaces/{namespace}/secrets"

    def names(self) -> frozenset[str]:
        """The releases that are installed here: a first install that failed, or was uninstalled, installs again."""
        found: dict[str, list[Head]] = {}
        for head in self._heads("owner=helm"):
            found.setdefault(head.name, []).append(head)
        return frozenset(name for name, heads in found.items() if _installed(heads))

    def last(self, release: str) -> Revision | None:
        """The newest revision of a release, whoever wrote it."""
        heads = self._of(release)
        return self._read(heads[-1]) if heads else None

    def following(self, chart: Chart) -> int:
        """The number of the revision that a release of this chart writes; 0 when the one that is there says it all.

        Fatal, before anything is written, when Helm is at work, keeps its records elsewhere, or could not hold this.
        """
        heads = self._of(chart.release)
        if not heads:
            self._refuse_another_driver(chart.release)
        elif heads[-1].pending:
            self._refuse_while_busy(heads[-1])
        # Two that are deployed are what a kill left before the older one was told: another revision settles it.
        elif [head for head in heads if head.status == "deployed"] == heads[-1:] and self._read(heads[-1]).shows(chart):
            return 0
        number = heads[-1].number + 1 if heads else 1
        pack(Entry(chart, "superseded", "x" * 500, "x" * 40).release(self._namespace, number, now(), now()))
        return number

    def succeeded(self, chart: Chart, number: int, mark: str, runs: Sequence[Run] = (), *, back: bool = False) -> None:
        """Write a revision, `number` or later, as deployed, and what was deployed before as superseded.

        `back`: an earlier release was asked for once more, which Helm calls a rollback.
        """
        heads = self._of(chart.release)
        before = [head for head in heads if head.number < number]
        if not _installed(before):
            words = "Install complete"
        else:
            words = _rollback(self._that_shows(chart, before)) if back else "Upgrade complete"
        self._write(Entry(chart, "deployed", words, mark, runs), number, heads)

    def failed(self, chart: Chart, number: int, reason: str, mark: str, runs: Sequence[Run] = ()) -> None:
        """Write a revision as failed; what was deployed before stays so."""
        heads = self._of(chart.release)
        action = "Upgrade" if _installed([head for head in heads if head.number < number]) else "Release"
        words = f'{action} "{chart.release}" failed: {(reason.splitlines() or [""])[0]}'
        self._write(Entry(chart, "failed", words, mark, runs), number, heads)

    def gone_back(self, chart: Chart, number: int, mark: str, runs: Sequence[Run] = ()) -> None:
        """Write a revision as a rollback to the one that is deployed."""
        heads = self._of(chart.release)
        before = [head.number for head in heads if head.status == "deployed" and head.number < number]
        self._write(Entry(chart, "deployed", _rollback(before[-1] if before else 0), mark, runs), number, heads)

    def forget(self, release: str) -> None:
        """Delete every record: the release has left the namespace."""
        self._kube.map(lambda head: self._delete(release, head.number), self._of(release))

    # --- reading

    def _of(self, release: str) -> list[Head]:
        """The revisions of a release, oldest first."""
        return sorted(self._heads(f"owner=helm,name={release}"), key=lambda head: head.number)

    def _heads(self, selector: str) -> list[Head]:
        found = self._kube.request("GET", self._path, query={"labelSelector": selector}, accept=METADATA)
        return [_head(item["metadata"]) for item in found.get("items") or []]

    def _read(self, head: Head) -> Revision:
        name = _name(head.name, head.number)
        return unpack(self._kube.get(f"{self._path}/{name}", subject=f"Secret {name}"))

    def _that_shows(self, chart: Chart, heads: list[Head]) -> int:
        """The newest revision that was installed with this very chart; 0 when none is kept."""
        installed = (head for head in reversed(heads) if head.status in INSTALLED)
        return next((head.number for head in installed if self._read(head).shows(chart)), 0)

    # --- refusing

    def _refuse_while_busy(self, head: Head) -> None:
        """A pending revision is Helm at work, or one that was killed: only time tells, and only the cluster's own."""
        if (age := self._age(head)) >= self._busy:
            return
        raise Fatal(
            f"revision {head.number} is {head.status} since {age:.0f} s: somebody's helm is at work on it.",
            subject=f"Helm release {head.name}",
            remedy=f"Retry the stage when it has ended; after {self._busy:.0f} s it is taken for killed.",
        )

    def _age(self, head: Head) -> float:
        """Both times are the API server's: what it would date a new object, and what it dated the record."""
        name = _name(head.name, head.number)
        record = self._kube.get(f"{self._path}/{name}", subject=f"Secret {name}")
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"generateName": "shipline-now-"}}
        today = self._kube.request("POST", self._path, query={"dryRun": "All"}, body=body)
        then, here = (dt.datetime.fromisoformat(each["metadata"]["creationTimestamp"]) for each in (record, today))
        return (here - then).total_seconds()

    def _refuse_another_driver(self, release: str) -> None:
        path = f"/api/v1/namespaces/{self._namespace}/configmaps"
        found = self._kube.request("GET", path, query={"labelSelector": f"owner=helm,name={release}"}, accept=METADATA)
        if found.get("items"):
            raise Fatal(
                "its records are ConfigMaps: it was installed with HELM_DRIVER=configmap, and only Secrets are read.",
                subject=f"Helm release {release}",
                remedy="Give pipeline.yaml's `release` another name, or uninstall it with HELM_DRIVER=configmap.",
                kind="ConfigurationError",
            )

    # --- writing

    def _write(self, entry: Entry, number: int, heads: list[Head]) -> None:
        """Somebody may have used the number since it was planned: then the next one that is free is taken."""
        before = [head for head in heads if head.number < number]
        later = [self._read(head) for head in heads if head.number >= number]
        mine = [revision for revision in later if revision.mark == entry.mark]
        at = mine[0].number if mine else max([number, *(revision.number + 1 for revision in later)])
        first = self._first_deployed(before)
        written = mine[0].info["last_deployed"] if mine else now()
        release = entry.release(self._namespace, at, first or written, written)
        self._put(release, next((head.created for head in heads if head.number == at), ""))
        others = [head for head in heads if head.number != at]
        if entry.status == "deployed":
            self._settle(others)
        self._trim(others)

    def _first_deployed(self, before: list[Head]) -> str:
        """When the release was first installed; empty when this is the first time."""
        if not before or before[-1].status == "uninstalled":
            return ""
        return str(self._read(before[-1]).info.get("first_deployed") or "")

    def _settle(self, others: list[Head]) -> None:
        """Nothing but the new revision is deployed, and none is left as if somebody were at work on it."""
        for head in others:
            if head.status in ("deployed", "uninstalled"):
                self._restate(head, "superseded", "")
            elif head.pending:
                self._restate(head, "failed", f"It was {head.status} when the next revision came.")

    def _restate(self, head: Head, status: str, words: str) -> None:
        revision = self._read(head)
        info = {**revision.info, "status": status, **({"description": words} if words else {})}
        self._put({**revision.release, "info": info}, head.created)

    def _trim(self, others: list[Head]) -> None:
        surplus = len(others) + 1 - self._history if self._history else 0
        for head in others[: max(0, surplus)]:
            if head.status != "deployed":
                self._delete(head.name, head.number)

    def _put(self, release: dict[str, Any], created: str) -> None:
        name, number = str(release["name"]), int(release["version"])
        secret_name = _name(name, number)
        moment = str(int(time.time()))
        labels = {
            "owner": "helm",
            "name": name,
            "status": str(release["info"]["status"]),
            "version": str(number),
            **({"createdAt": created, "modifiedAt": moment} if created else {"createdAt": moment}),
        }
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {"name": secret_name, "labels": labels},
            "data": {"release": base64.b64encode(pack(release).encode()).decode()},
        }
        query = {"fieldManager": "shipline", "force": "true"}
        path, subject = f"{self._path}/{secret_name}", f"Secret {secret_name}"
        self._kube.request("PATCH", path, subject=subject, query=query, body=secret, content=APPLY)

    def _delete(self, name: str, number: int) -> None:
        try:
            self._kube.request("DELETE", f"{self._path}/{_name(name, number)}", subject=f"Secret {_name(name, number)}")
        except NotFound:
            return


def _head(meta: dict[str, Any]) -> Head:
    labels = meta["labels"]
    return Head(labels["name"], int(labels["version"]), labels["status"], labels.get("createdAt", ""))


def _installed(heads: list[Head]) -> bool:
    newest = max(heads, key=lambda head: head.number, default=None)
    gone = newest is None or newest.status == "uninstalled"
    return not gone and any(head.status in INSTALLED for head in heads)


def _rollback(number: int) -> str:
    return f"Rollback to {number}" if number else "Rollback"


def _name(release: str, number: int) -> str:
    return f"sh.helm.release.v1.{release}.v{number}"
