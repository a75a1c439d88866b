"""JUnit XML → CodeBuild's test cases."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite

STATUSES = ("SUCCEEDED", "FAILED", "ERROR", "SKIPPED", "UNKNOWN")
LONGEST_MESSAGE = 5000


def cases(file: Path, root: Path) -> list[dict[str, Any]]:
    """ValueError, with the file's name, when it is not JUnit XML."""
    shown = file.relative_to(root) if file.is_relative_to(root) else file
    try:
        parsed = JUnitXml.fromfile(str(file))
    except (ParseError, JUnitXmlError) as error:
        raise ValueError(f"{shown} is not JUnit XML: {error}") from None
    suites = [parsed] if isinstance(parsed, TestSuite) else list(parsed)
    return [_case(case, suite, str(shown)) for suite in suites for case in _all(suite)]


def _all(suite: TestSuite) -> Iterator[TestCase]:
    yield from suite
    for inner in suite.testsuites():  # type: ignore[no-untyped-call]
        yield from _all(inner)


def _case(case: TestCase, suite: TestSuite, file: str) -> dict[str, Any]:
    status, message = _result(case)
    return {
        "testRawDataPath": file,
        "prefix": case.classname or "",
        "name": case.name or "",
        "status": status,
        "durationInNanoSeconds": int((case.time or 0) * 1e9),
        "message": message[:LONGEST_MESSAGE],
        "testSuiteName": suite.name or "",
    }


def _result(case: TestCase) -> tuple[str, str]:
    for kind, status in ((Error, "ERROR"), (Failure, "FAILED"), (Skipped, "SKIPPED")):
        for result in case.result:
            if isinstance(result, kind):
                return status, "\n".join(part for part in (result.message, result.text) if part)
    return "SUCCEEDED", ""
