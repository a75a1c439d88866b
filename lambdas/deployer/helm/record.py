"""Helm's own release records: Secrets that `helm list, history, status, get, rollback, upgrade` read as theirs.

A revision is written when its end is known, never as pending: a killed deployer leaves nothing that Helm refuses.
"""

import base64
import datetime as dt
import gzip
import json
from dataclasses import dataclass
from typing import Any, Literal

from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import NotFound

Status = Literal["deployed", "superseded", "failed"]
HISTORY = 10  # revisions that are kept, Helm's own default
TYPE = "helm.sh/release.v1"
LARGEST = 1_000_000


@dataclass(frozen=True)
class Revision:
    """One record as it is in the cluster."""

    number: int
    status: str
    release: dict[str, Any]

    def shows(self, chart: Chart) -> bool:
        """Whether the record tells exactly of this chart, as it would be rendered again."""
        told = self.release
        return (
            told.get("manifest") == chart.manifest
            and (told.get("config") or {}) == chart.config
            and (told.get("chart") or {}).get("metadata") == chart.metadata
        )


class Records:
    """The records of one namespace."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._path = f"/api/v1/namespaces/{namespace}/secrets"

    def names(self) -> frozenset[str]:
        """The releases that are installed here."""
        found = self._kube.request(
            "GET",
            self._path,
            query={"labelSelector": "owner=helm"},
            accept="application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
        )
        return frozenset(item["metadata"]["labels"]["name"] for item in found.get("items") or [])

    def of(self, release: str) -> list[Revision]:
        """The revisions of a release, oldest first."""
        found = self._kube.get(self._path, labelSelector=f"owner=helm,name={release}")
        return sorted((_decode(item) for item in found.get("items") or []), key=lambda revision: revision.number)

    def succeeded(self, chart: Chart, number: int) -> None:
        """Write revision `number` as deployed, and what was deployed before as superseded."""
        revisions = self.of(chart.release)
        words = "Upgrade complete" if [each for each in revisions if each.number < number] else "Install complete"
        self._write(chart, number, "deployed", words, revisions)
        self._supersede(revisions, number)

    def failed(self, chart: Chart, number: int, reason: str) -> None:
        """Write revision `number` as failed; what was deployed before stays so."""
        revisions = self.of(chart.release)
        action = "Upgrade" if [each for each in revisions if each.number < number] else "Release"
        self._write(chart, number, "failed", f'{action} "{chart.release}" failed: {reason.splitlines()[0]}', revisions)

    def gone_back(self, chart: Chart, number: int) -> None:
        """Write revision `number` as a rollback to the one that is deployed."""
        revisions = self.of(chart.release)
        before = [each.number for each in revisions if each.status == "deployed" and each.number != number]
        words = f"Rollback to {before[-1]}" if before else "Rollback"
        self._write(chart, number, "deployed", words, revisions)
        self._supersede(revisions, number)

    def forget(self, release: str) -> None:
        """Delete every record: the release has left the namespace."""
        self._kube.map(lambda revision: self._delete(release, revision.number), self.of(release))

    def _write(self, chart: Chart, number: int, status: Status, words: str, revisions: list[Revision]) -> None:
        now = _now()
        first = revisions[0].release["info"]["first_deployed"] if revisions else now
        for each in revisions:
            if each.number == number:
                now = each.release["info"]["last_deployed"]  # written before: entering twice changes nothing
        release = encode_release(chart, self._namespace, number, status, words, first, now)
        self._put(chart.release, number, status, release)
        for each in revisions[: max(0, len(revisions) + 1 - HISTORY)]:
            if each.number < number and each.status != "deployed":
                self._delete(chart.release, each.number)

    def _supersede(self, revisions: list[Revision], number: int) -> None:
        for each in revisions:
            if each.number != number and each.status == "deployed":
                release = {**each.release, "info": {**each.release["info"], "status": "superseded"}}
                self._put(str(each.release["name"]), each.number, "superseded", release)

    def _put(self, name: str, number: int, status: str, release: dict[str, Any]) -> None:
        data = base64.b64encode(gzip.compress(json.dumps(release).encode(), mtime=0))
        if len(data) > LARGEST:
            raise Fatal(
                f"Helm's record of it has {len(data)} bytes, over the {LARGEST} that a Secret holds.",
                subject=f"Helm release {name}",
                remedy="Split the chart.",
                kind="ConfigurationError",
            )
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {
                "name": _name(name, number),
                "labels": {"owner": "helm", "name": name, "status": status, "version": str(number)},
            },
            "data": {"release": base64.b64encode(data).decode()},
        }
        path = f"{self._path}/{_name(name, number)}"
        query = {"fieldManager": "shipline", "force": "true"}
        self._kube.request(
            "PATCH", path, subject=f"Secret {_name(name, number)}", query=query, body=secret, content=APPLY
        )

    def _delete(self, name: str, number: int) -> None:
        try:
            self._kube.request("DELETE", f"{self._path}/{_name(name, number)}", subject=f"Secret {_name(name, number)}")
        except NotFound:
            return


def encode_release(
    chart: Chart, namespace: str, number: int, status: Status, words: str, first: str, now: str
) -> dict[str, Any]:
    """Helm's release object. Templates are left out: nothing reads them from a record, and a Secret is small."""
    return {
        "name": chart.release,
        "namespace": namespace,
        "version": number,
        "info": {
            "first_deployed": first,
            "last_deployed": now,
            "deleted": "",
            "description": words,
            "status": status,
        },
        "chart": {
            "metadata": chart.metadata,
            "lock": None,
            "templates": [],
            "values": chart.values,
            "schema": None,
            "files": [],
        },
        "config": chart.config,
        "manifest": chart.manifest,
        "hooks": [_hook(hook) for hook in chart.hooks],
        "apply_method": "ssa",
    }


def _hook(hook: Hook) -> dict[str, Any]:
    never = {"started_at": "", "completed_at": "", "phase": "Unknown"}
    return {
        "name": hook.name,
        "kind": hook.kind,
        "path": hook.path,
        "manifest": hook.manifest,
        "events": list(hook.events),
        "last_run": never,
        "weight": hook.weight,
        "delete_policies": list(hook.delete_policies),
    }


def _decode(secret: dict[str, Any]) -> Revision:
    labels = secret["metadata"]["labels"]
    data = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    packed = data[:2] == b"\x1f\x8b"  # very old Helm versions wrote plain JSON
    release = json.loads(gzip.decompress(data) if packed else data)
    return Revision(int(labels["version"]), str(labels["status"]), release)


def _name(release: str, number: int) -> str:
    return f"sh.helm.release.v1.{release}.v{number}"


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
