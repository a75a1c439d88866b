"""Report groups and reports: what builds have published, and what tests and coverages they hold."""

import time
from dataclasses import dataclass
from typing import Any

from local.codebuild.faults import exists, invalid, not_found
from local.codebuild.paging import page
from local.codebuild.store import Kind, Store
from local.wire import Call, Handler

Document = dict[str, Any]


@dataclass(frozen=True)
class ReportGroups:
    store: Store
    region: str
    account: str

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateReportGroup": self.create,
            "UpdateReportGroup": self.update,
            "DeleteReportGroup": self.delete,
            "BatchGetReportGroups": self.batch_get,
            "ListReportGroups": self.list_all,
            "BatchGetReports": self.batch_get_reports,
            "ListReports": self.list_reports,
            "ListReportsForReportGroup": self.list_reports_of_group,
            "DeleteReport": self.delete_report,
            "DescribeTestCases": self.describe_test_cases,
            "DescribeCodeCoverages": self.describe_code_coverages,
        }

    def create(self, call: Call) -> Document:
        arn = f"arn:aws:codebuild:{self.region}:{self.account}:report-group/{call.input['name']}"
        if self.store.get("report-group", arn):
            raise exists(f"Report group already exists: {arn}")
        _check_export(call.input["exportConfig"])
        now = time.time()
        group = {"tags": [], **call.input, "arn": arn, "created": now, "lastModified": now, "status": "ACTIVE"}
        self.store.put("report-group", arn, group)
        return {"reportGroup": group}

    def update(self, call: Call) -> Document:
        _check_export(call.input.get("exportConfig", {}))
        group = {**self._group(call.input["arn"]), **call.input, "lastModified": time.time()}
        self.store.put("report-group", group["arn"], group)
        return {"reportGroup": group}

    def delete(self, call: Call) -> Document:
        arn = call.input["arn"]
        reports = self.store.keys("report", arn)
        if reports and not call.input.get("deleteReports"):
            raise invalid(f"The report group {arn} holds {len(reports)} reports: delete them, or give deleteReports")
        for report in reports:
            self._forget(report)
        self.store.delete("report-group", arn)
        return {}

    def batch_get(self, call: Call) -> Document:
        found, missing = self._batch("report-group", call.input["reportGroupArns"])
        return {"reportGroups": found, "reportGroupsNotFound": missing}

    def list_all(self, call: Call) -> Document:
        member = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}[
            call.input.get("sortBy", "NAME")
        ]
        descending = call.input.get("sortOrder") == "DESCENDING"
        groups = sorted(self.store.all("report-group"), key=lambda group: group[member], reverse=descending)
        return page("reportGroups", [group["arn"] for group in groups], call.input)

    def batch_get_reports(self, call: Call) -> Document:
        found, missing = self._batch("report", call.input["reportArns"])
        return {"reports": found, "reportsNotFound": missing}

    def list_reports(self, call: Call) -> Document:
        return self._listed(self.store.keys("report"), call.input)

    def list_reports_of_group(self, call: Call) -> Document:
        group = self._group(call.input["reportGroupArn"])
        return self._listed(self.store.keys("report", group["arn"]), call.input)

    def delete_report(self, call: Call) -> Document:
        self._forget(call.input["arn"])
        return {}

    def describe_test_cases(self, call: Call) -> Document:
        wanted = call.input.get("filter", {})
        rows = [
            row
            for row in self._rows("test-cases", call.input["reportArn"])
            if row["status"] == wanted.get("status", row["status"]) and wanted.get("keyword", "") in row["name"]
        ]
        return page("testCases", rows, call.input)

    def describe_code_coverages(self, call: Call) -> Document:
        low = call.input.get("minLineCoveragePercentage", 0)
        high = call.input.get("maxLineCoveragePercentage", 100)
        member = "filePath" if call.input.get("sortBy") == "FILE_PATH" else "lineCoveragePercentage"
        rows = sorted(
            (
                row
                for row in self._rows("code-coverages", call.input["reportArn"])
                if low <= row["lineCoveragePercentage"] <= high
            ),
            key=lambda row: row[member],
            reverse=call.input.get("sortOrder") == "DESCENDING",
        )
        return page("codeCoverages", rows, call.input)

    def _listed(self, arns: list[str], request: Document) -> Document:
        status = request.get("filter", {}).get("status")
        if status:
            found, _ = self._batch("report", arns)
            arns = [report["arn"] for report in found if report["status"] == status]
        newest_first = request.get("sortOrder", "DESCENDING") == "DESCENDING"
        return page("reports", arns[::-1] if newest_first else arns, request)

    def _rows(self, kind: Kind, report: str) -> list[Document]:
        if self.store.get("report", report) is None:
            raise not_found(f"Report cannot be found: {report}")
        kept = self.store.get(kind, report) or {"rows": []}
        return list(kept["rows"])

    def _batch(self, kind: Kind, arns: list[str]) -> tuple[list[Document], list[str]]:
        found = {arn: self.store.get(kind, arn) for arn in arns}
        return [each for each in found.values() if each], [arn for arn, each in found.items() if not each]

    def _group(self, arn: str) -> Document:
        group = self.store.get("report-group", arn)
        if group is None:
            raise not_found(f"Report group cannot be found: {arn}")
        return group

    def _forget(self, report: str) -> None:
        for kind in ("report", "test-cases", "code-coverages"):
            self.store.delete(kind, report)


def _check_export(config: Document) -> None:
    if config.get("exportConfigType") == "S3":
        raise invalid("Reports are not exported to S3 on this machine: exportConfigType is NO_EXPORT")
