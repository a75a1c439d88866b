"""Report files of a build → reports and test cases (or coverages), in groups named after the project.

`publish` reads, makes the group when it is not there, and keeps the report; the build's role must allow it, as on
AWS: CreateReportGroup, CreateReport, UpdateReport, BatchPutTestCases (or BatchPutCodeCoverages) on the group.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.codebuild import cobertura, junit
from local.codebuild.buildspec import REPORT_FORMATS, Report
from local.codebuild.faults import PhaseFailure
from local.codebuild.patterns import base_folders, matching
from local.codebuild.store import Store

Document = dict[str, Any]
Allow = Callable[[str, str], None]  # action, resource: PhaseFailure when the build's role may not
KEPT = 30 * 24 * 3600.0


@dataclass(frozen=True)
class Finding:
    """What the files of one report say."""

    passed: bool
    summary: Document  # testSummary or codeCoverageSummary
    cases: list[Document]  # TestCase or CodeCoverage, less what names the report


READERS: dict[str, Callable[[list[Path], Path], Finding]] = {}


def _junit(files: list[Path], root: Path) -> Finding:
    cases = [case for file in files for case in junit.cases(file, root)]
    counts = dict.fromkeys(junit.STATUSES, 0)
    for case in cases:
        counts[case["status"]] += 1
    total = sum(case["durationInNanoSeconds"] for case in cases)
    summary = {"total": len(cases), "statusCounts": counts, "durationInNanoSeconds": total}
    return Finding(counts["FAILED"] + counts["ERROR"] == 0, summary, cases)


def _cobertura(files: list[Path], root: Path) -> Finding:
    del root
    found = [coverage for file in files for coverage in cobertura.coverages(file)]
    return Finding(True, cobertura.summary(found), found)


READERS.update(JUNITXML=_junit, COBERTURAXML=_cobertura)


@dataclass(frozen=True)
class Publisher:
    """Keeps the reports of one build."""

    store: Store
    arn_prefix: str  # arn:aws:codebuild:REGION:ACCOUNT
    project: str
    build_arn: str
    allow: Allow

    def publish(self, declared: Report, name: str, root: Path) -> str:
        """The new report's ARN. `name` is the declared one with its variable expanded."""
        finding = self._read(declared, name, root)
        kind = REPORT_FORMATS[declared.file_format]
        group = self._group(name, kind)
        self._allowed(group, kind)
        return self._keep(group, kind, finding)

    def _read(self, declared: Report, name: str, root: Path) -> Finding:
        reader = READERS.get(declared.file_format)
        if reader is None:
            raise PhaseFailure(
                "CLIENT_ERROR",
                f"[{name}: [the file-format {declared.file_format} is not on this machine: {', '.join(READERS)} are]]",
            )
        files = [
            folder / path
            for folder in base_folders(root, declared.base_directory or ".")
            for path in matching(folder, declared.files)
        ]
        if not files:
            raise PhaseFailure("CLIENT_ERROR", f"[{name}: [report files not found in build]]")
        try:
            return reader(files, root)
        except ValueError as error:
            raise PhaseFailure("CLIENT_ERROR", f"[{name}: [{error}]]") from None

    def _group(self, name: str, kind: str) -> Document:
        if name.startswith("arn:"):
            found = self.store.get("report-group", name)
            if found is None:
                raise PhaseFailure("CLIENT_ERROR", f"[{name}: [report group does not exist]]")
            return found
        arn = f"{self.arn_prefix}:report-group/{self.project}-{name}"
        found = self.store.get("report-group", arn)
        if found is None:
            self.allow("codebuild:CreateReportGroup", arn)
            now = time.time()
            found = {
                "arn": arn,
                "name": f"{self.project}-{name}",
                "type": kind,
                "exportConfig": {"exportConfigType": "NO_EXPORT"},
                "created": now,
                "lastModified": now,
                "tags": [],
                "status": "ACTIVE",
            }
            self.store.put("report-group", arn, found)
        return found

    def _allowed(self, group: Document, kind: str) -> None:
        put = "codebuild:BatchPutTestCases" if kind == "TEST" else "codebuild:BatchPutCodeCoverages"
        for action in ("codebuild:CreateReport", "codebuild:UpdateReport", put):
            self.allow(action, group["arn"])
        if group["type"] != kind:
            raise PhaseFailure("CLIENT_ERROR", f"[{group['name']}: [the report group is of type {group['type']}]]")

    def _keep(self, group: Document, kind: str, finding: Finding) -> str:
        identity = str(uuid.uuid4())
        arn = f"{self.arn_prefix}:report/{group['name']}:{identity}"
        now = time.time()
        report = {
            "arn": arn,
            "type": kind,
            "name": identity,
            "reportGroupArn": group["arn"],
            "executionId": self.build_arn,
            "status": "SUCCEEDED" if finding.passed else "FAILED",
            "created": now,
            "expired": now + KEPT,
            "exportConfig": group["exportConfig"],
            "truncated": False,
        }
        member, cases = ("testSummary", "test-cases") if kind == "TEST" else ("codeCoverageSummary", "code-coverages")
        report[member] = finding.summary
        rows = [self._row(case, kind, arn, now) for case in finding.cases]
        self.store.put("test-cases" if cases == "test-cases" else "code-coverages", arn, {"rows": rows})
        self.store.put("report", arn, report, parent=group["arn"])
        return arn

    def _row(self, case: Document, kind: str, arn: str, now: float) -> Document:
        named = {"reportArn": arn} if kind == "TEST" else {"reportARN": arn, "id": str(uuid.uuid4())}
        return {**named, **case, "expired": now + KEPT}
