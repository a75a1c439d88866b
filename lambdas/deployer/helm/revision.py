"""One revision of a Helm release: its words, and the text that holds them in a Secret. Pure."""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any, Literal

from deployer.errors import Fatal
from deployer.helm.chart import Chart, Hook
from deployer.helm.runs import Run, last_run
from deployer.values import dataclass

Status = Literal["deployed", "superseded", "failed"]
LARGEST = 1024 * 1024  # bytes of a Secret's data
MARK = "shipline"  # a word of ours in the release; Helm drops it whenever it writes the release itself


@dataclass(frozen=True)
class Revision:
    """One record as it is in the cluster."""

    number: int
    status: str
    release: dict[str, Any]

    @property
    def mark(self) -> str:
        """Which of our releases wrote it; empty when it was Helm."""
        return str(self.release.get(MARK) or "")

    @property
    def info(self) -> dict[str, Any]:
        return dict(self.release.get("info") or {})

    def shows(self, chart: Chart) -> bool:
        """Whether the record tells exactly of this chart, as it would be rendered and applied again."""
        told = self.release
        return (
            told.get("manifest") == chart.manifest
            and (told.get("config") or {}) == chart.config
            and (told.get("chart") or {}).get("metadata") == chart.metadata
            and [hook.get("manifest") for hook in told.get("hooks") or []] == [hook.manifest for hook in chart.hooks]
            and told.get("apply_method") == "ssa"
        )


@dataclass(frozen=True)
class Entry:
    """What is to be told of one chart: `mark` names the release that tells it, so that telling twice is once."""

    chart: Chart
    status: Status
    words: str
    mark: str
    runs: Sequence[Run] = ()

    def release(self, namespace: str, number: int, first: str, now: str) -> dict[str, Any]:
        """Helm's release object. Templates are left out: nothing reads them from a record, and a Secret is small."""
        chart = self.chart
        return {
            "name": chart.release,
            "namespace": namespace,
            "version": number,
            "info": {
                "first_deployed": first,
                "last_deployed": now,
                "deleted": "",
                "description": self.words,
                "status": self.status,
                "notes": chart.notes,
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
            "hooks": [self._hook(hook) for hook in chart.hooks],
            "apply_method": "ssa",
            MARK: self.mark,
        }

    def _hook(self, hook: Hook) -> dict[str, Any]:
        told = {
            "name": hook.name,
            "kind": hook.kind,
            "path": hook.path,
            "manifest": hook.manifest,
            "events": list(hook.events),
            "last_run": last_run(self.chart.release, hook, self.runs),
            "weight": hook.weight,
            "delete_policies": list(hook.delete_policies),
            "output_log_policies": list(hook.log_policies),
        }
        return {name: value for name, value in told.items() if value}  # as Helm's own writer leaves out what is empty


def pack(release: dict[str, Any]) -> str:
    """The text of a Secret's `release`; Fatal when it is more than a Secret holds."""
    data = base64.b64encode(gzip.compress(json.dumps(release, separators=(",", ":")).encode(), mtime=0)).decode()
    if len(data) > LARGEST:
        raise Fatal(
            f"Helm's record of it takes {len(data)} bytes, over the {LARGEST} that a Secret holds.",
            subject=f"Helm release {release['name']}",
            remedy="Split the chart, or deliver what it renders as manifests.",
            kind="ConfigurationError",
        )
    return data


def unpack(secret: dict[str, Any]) -> Revision:
    labels = secret["metadata"]["labels"]
    data = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    packed = data[:2] == b"\x1f\x8b"  # very old Helm versions wrote plain JSON
    release = json.loads(gzip.decompress(data) if packed else data)
    return Revision(int(labels["version"]), str(labels["status"]), release)
