from typing import Any

import pytest

from tests.unit.codebuild.conftest import Workbench, phase

JUNIT = """\
<testsuites><testsuite name="web" tests="4">
<testcase classname="t.web" name="test_ok" time="0.5"/>
<testcase classname="t.web" name="test_bad" time="0.25"><failure message="no price">assert 1 == 2</failure></testcase>
<testcase classname="t.web" name="test_error"><error message="boom"/></testcase>
<testcase classname="t.web" name="test_later"><skipped message="not yet"/></testcase>
</testsuite></testsuites>
"""
COBERTURA = """\
<coverage><packages><package name="p"><classes>
<class filename="a.py"><lines><line number="1" hits="1"/>
<line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines></class>
<class filename="b.py"><lines><line number="1" hits="3"/></lines></class>
</classes></package></packages></coverage>
"""


def reported(bench: Workbench, text: str, **report: Any) -> dict[str, Any]:
    return bench.run(
        [f"mkdir r && cat > r/x.xml <<'END'\n{text}END"],
        reports={"unit": {"files": ["*.xml"], "base-directory": "r", **report}},
    )


def test_a_junit_report_gets_a_group_a_summary_and_its_cases(bench: Workbench) -> None:
    build = reported(bench, JUNIT)
    assert build["buildStatus"] == "SUCCEEDED", bench.log(build)
    codebuild = bench.codebuild
    (arn,) = build["reportArns"]
    (report,) = codebuild.batch_get_reports(reportArns=[arn])["reports"]
    assert (
        report["reportGroupArn"] == f"arn:aws:codebuild:us-east-1:123456789012:report-group/{build['projectName']}-unit"
    )
    assert report["executionId"] == build["arn"]
    assert report["status"] == "FAILED"
    assert report["testSummary"] == {
        "total": 4,
        "statusCounts": {"SUCCEEDED": 1, "FAILED": 1, "ERROR": 1, "SKIPPED": 1, "UNKNOWN": 0},
        "durationInNanoSeconds": 750_000_000,
    }
    cases = codebuild.describe_test_cases(reportArn=arn)["testCases"]
    assert [(case["name"], case["status"]) for case in cases] == [
        ("test_ok", "SUCCEEDED"),
        ("test_bad", "FAILED"),
        ("test_error", "ERROR"),
        ("test_later", "SKIPPED"),
    ]
    assert cases[1]["message"] == "no price\nassert 1 == 2"
    assert (cases[0]["prefix"], cases[0]["testSuiteName"], cases[0]["testRawDataPath"]) == ("t.web", "web", "r/x.xml")
    failed = codebuild.describe_test_cases(reportArn=arn, filter={"status": "FAILED"})["testCases"]
    assert [case["name"] for case in failed] == ["test_bad"]
    assert codebuild.list_reports(filter={"status": "FAILED"})["reports"] == [arn]
    assert codebuild.list_reports(filter={"status": "SUCCEEDED"})["reports"] == []
    group = report["reportGroupArn"]
    assert codebuild.list_report_groups()["reportGroups"] == [group]
    assert codebuild.list_reports_for_report_group(reportGroupArn=group)["reports"] == [arn]
    codebuild.delete_report_group(arn=group, deleteReports=True)
    assert codebuild.batch_get_reports(reportArns=[arn])["reportsNotFound"] == [arn]


def test_coverage_is_told_per_file(bench: Workbench) -> None:
    build = reported(bench, COBERTURA, **{"file-format": "COBERTURAXML"})
    (arn,) = build["reportArns"]
    (report,) = bench.codebuild.batch_get_reports(reportArns=[arn])["reports"]
    assert report["type"] == "CODE_COVERAGE"
    assert report["codeCoverageSummary"]["lineCoveragePercentage"] == 66.67
    found = bench.codebuild.describe_code_coverages(reportArn=arn, sortBy="FILE_PATH")["codeCoverages"]
    assert [(each["filePath"], each["linesCovered"], each["branchesMissed"]) for each in found] == [
        ("a.py", 1, 1),
        ("b.py", 1, 0),
    ]


@pytest.mark.parametrize(
    ("text", "report", "message"),
    [
        ("", {"files": ["*.json"]}, "[unit: [report files not found in build]]"),
        ("not xml\n", {}, "r/x.xml is not JUnit XML"),
        ("<coverage/>\n", {"file-format": "CLOVERXML"}, "the file-format CLOVERXML is not on this machine"),
    ],
)
def test_a_report_that_cannot_be_read_fails_the_upload(
    bench: Workbench, text: str, report: dict[str, Any], message: str
) -> None:
    build = reported(bench, text, **report)
    assert build["buildStatus"] == "FAILED"
    (context,) = phase(build, "UPLOAD_ARTIFACTS")["contexts"]
    assert context["statusCode"] == "CLIENT_ERROR"
    assert message in context["message"]


def test_reports_are_published_though_the_build_failed(bench: Workbench) -> None:
    build = bench.run([f"cat > x.xml <<'END'\n{JUNIT}END", "exit 1"], reports={"unit": {"files": ["x.xml"]}})
    assert build["buildStatus"] == "FAILED"
    assert len(build["reportArns"]) == 1


def test_a_role_without_the_right_to_report_is_denied(bench: Workbench) -> None:
    bench.identity.denied.add("codebuild:CreateReport")
    build = reported(bench, JUNIT)
    (context,) = phase(build, "UPLOAD_ARTIFACTS")["contexts"]
    assert context["statusCode"] == "ACCESS_DENIED"
    assert "codebuild:CreateReport on resource" in context["message"]
