"""A ledger in the cluster, for services that no pipeline delivers: one ConfigMap beside the inventory.

counter               the last number given
executions            execution -> its number, the newest ones
release.<10 digits>   a release: one writer each, whoever holds the inventory for it
current               the number of what runs
hold                  who stopped the environment, while it is held
excuse                who let releases in although it is frozen

Numbers are given under the resourceVersion that was read; all else are keys of their own, written without one.
"""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from deployer.errors import Fatal
from deployer.inventory import object_name
from deployer.kube.client import MERGE, Call, Kube
from deployer.kube.errors import ApiError, Conflict, NotFound
from deployer.ledger import MOST_ENTRIES, UNSCANNED, Entry, Excuse, Held, History, Status
from deployer.release import Release
from deployer.values import asdict, fields

ORIGIN = "cluster"
BRIEF = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"  # answers need not carry all of it back
LONGEST = 2_000  # characters of a message that are kept

Data = dict[str, str]


class ClusterLedger:
    """`service`'s ledger in `namespace`. What was read once is taken as read: its entries have one writer each."""

    def __init__(
        self,
        kube: Kube,
        service: str,
        namespace: str,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._kube = kube
        self._now = now
        self._name = f"{object_name(service)}.history"  # no service's name has a dot: none is taken for this
        self._namespace = namespace
        self._collection = f"/api/v1/namespaces/{namespace}/configmaps"
        self._path = f"{self._collection}/{self._name}"
        self._read: tuple[Data, str] | None = None
        self._later: dict[str, Any] | None = None  # a release that was opened, and is written when it ends

    def call(self) -> Call:
        """What a reading asks; somebody may ask it beside other things, and hand the answer to `heard`."""
        return Call("GET", self._path, f"ConfigMap {self._name}")

    def heard(self, answer: dict[str, Any] | ApiError) -> None:
        """What is known from now on. A refusal is met again by who needs it."""
        if isinstance(answer, NotFound):
            self._read = {}, ""
        elif isinstance(answer, dict):
            self._read = _data_of(answer)

    @property
    def origin(self) -> str:
        return ORIGIN

    def number(self, execution: str, above: int = 0) -> int:
        while True:
            data, version = self._known()
            executions: dict[str, int] = json.loads(data.get("executions", "{}"))
            if executions.get(execution, 0) > above:
                return executions[execution]
            number = max(above, int(data.get("counter", "0"))) + 1
            newest = dict(list(executions.items())[1 - MOST_ENTRIES :])
            following = _bounded(data, number) | {
                "counter": str(number),
                "executions": json.dumps(newest | {execution: number}),
            }
            if self._replace(following, version):
                return number

    def open(
        self, number: int, execution: str, release: Release, *, scan: str = UNSCANNED, later: bool = False
    ) -> None:
        entry = Entry(
            number=number,
            status="InProgress",
            execution=execution,
            commit=release.commit,
            message=release.message[:LONGEST],
            branch=release.branch,
            author=release.author,
            authored=release.authored,
            images={name: image.pinned for name, image in release.images.items()},
            started=self._at(),
            sbom=dict(release.sbom),
        )
        self._later = asdict(entry) if later else None
        if not later:
            self._write({_key(number): json.dumps(asdict(entry))})

    def close(self, number: int, status: Status, summary: str, restored: int = 0) -> None:
        self._write(self._ended(number, status, summary, restored))

    def succeed(self, number: int, summary: str) -> None:
        self._write({**self._ended(number, "Succeeded", summary), "current": str(number)})

    def _ended(self, number: int, status: Status, summary: str, restored: int = 0) -> dict[str, str | None]:
        told = self._told(number)
        ended = {"status": status, "summary": summary[:LONGEST], "finished": self._at(), "restored": restored}
        return {_key(number): json.dumps(told | ended)}

    def find(self, number: int) -> Entry | None:
        data, _ = self._known()
        told = data.get(_key(number))
        return _entry(told) if told else None

    def supersede(self, number: int, summary: str) -> None:
        self._read = None  # another invocation may have ended it meanwhile
        if not self._told(number).get("finished"):
            self.close(number, "Superseded", summary)

    def runs(self, number: int) -> None:
        self._write({"current": str(number)})

    def held(self, *, numbered: bool = False) -> Held | None:
        if not numbered:
            self._read = None
        return _held(self._known()[0])

    def hold(self, held: Held) -> None:
        self._write({"hold": json.dumps(asdict(held))})

    def lift(self) -> None:
        if "hold" in self._known()[0]:
            self._write({"hold": None})

    def excused(self) -> Excuse | None:
        told = self._known()[0].get("excuse")
        return Excuse(**json.loads(told)) if told else None

    def excuse(self, excuse: Excuse) -> None:
        self._write({"excuse": json.dumps(asdict(excuse))})

    def history(self, count: int) -> History:
        self._read = None
        data, _ = self._known()
        entries = [_entry(data[key]) for key in sorted(data, reverse=True) if key.startswith("release.")]
        return History(tuple(entries[:count]), int(data.get("current", "0")), _held(data))

    def _told(self, number: int) -> dict[str, Any]:
        if self._later and self._later["number"] == number:
            return self._later
        data, _ = self._known()
        if told := data.get(_key(number)):
            found: dict[str, Any] = json.loads(told)
            return found
        executions: dict[str, int] = json.loads(data.get("executions", "{}"))
        named = [execution for execution, given in executions.items() if given == number]
        return {"number": number, "execution": named[0] if named else ""}

    def _known(self) -> tuple[Data, str]:
        """The data and its resourceVersion; nothing and "" where no release was ever numbered."""
        if self._read is None:
            try:
                found = self._kube.get(self._path, subject=f"ConfigMap {self._name}")
            except NotFound:
                self._read = {}, ""
            else:
                self._read = _data_of(found)
        return self._read

    def _replace(self, data: Data, version: str) -> bool:
        """Whether the whole was written; not when somebody else wrote since `version` was read."""
        body = self._object(data)
        try:
            if version:
                body["metadata"]["resourceVersion"] = version
                written = self._kube.request("PUT", self._path, body=body, accept=BRIEF)
            else:
                written = self._kube.request("POST", self._collection, body=body, accept=BRIEF)
        except Conflict:
            self._read = None
            return False
        except NotFound as absent:
            raise Fatal(
                f"namespace {self._namespace!r} is not there.",
                remedy=f"Make it: kubectl create namespace {self._namespace}",
                kind="ConfigurationError",
            ) from absent
        self._read = data, str(written["metadata"]["resourceVersion"])
        return True

    def _write(self, changes: dict[str, str | None]) -> None:
        """Single keys, whatever else was written since; None takes a key away."""
        subject = f"ConfigMap {self._name}"
        try:
            self._kube.request(
                "PATCH", self._path, subject=subject, body={"data": changes}, content=MERGE, accept=BRIEF
            )
        except NotFound:
            if not self._replace({key: value for key, value in changes.items() if value is not None}, ""):
                self._write(changes)
            return
        data, version = self._known()
        kept = {key: value for key, value in (data | changes).items() if value is not None}
        self._read = kept, version  # a stale version is found out by the next number

    def _object(self, data: Data) -> dict[str, Any]:
        labels = {"app.kubernetes.io/managed-by": "shipline"}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self._name, "labels": labels},
            "data": data,
        }

    def _at(self) -> str:
        return self._now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _data_of(found: dict[str, Any]) -> tuple[Data, str]:
    return dict(found.get("data") or {}), str(found["metadata"]["resourceVersion"])


def _key(number: int) -> str:
    return f"release.{number:010d}"


def _bounded(data: Data, number: int) -> Data:
    """The data without the oldest releases, so that one more fits; what runs stays, however old."""
    releases = sorted(key for key in data if key.startswith("release."))
    old = set(releases[: max(0, len(releases) + 1 - MOST_ENTRIES)]) - {_key(int(data.get("current", "0")))}
    return {key: value for key, value in data.items() if key not in old}


def _entry(text: str) -> Entry:
    told = json.loads(text)
    return Entry(**{"status": "", **{each.name: told[each.name] for each in fields(Entry) if each.name in told}})


def _held(data: Data) -> Held | None:
    return Held(**json.loads(data["hold"])) if data.get("hold") else None
