"""The service's own tests."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from xml.etree import ElementTree

from .coverage import Gate
from .fatal import Fatal
from .run import Ran, say, shell
from .settings import Settings

PYTEST = "PYTEST_ADDOPTS"
MESSAGE_LENGTH = 4000


def run(settings: Settings) -> None:
    """Run the service's tests, and collect their report."""
    shutil.rmtree(settings.report, ignore_errors=True)
    settings.report.mkdir(parents=True)
    if not settings.test:
        say("no tests: pipeline.yaml has no test")
        _write(settings, "no tests", None, 0.0)
        return
    own = settings.scratch / "pytest.xml"
    settings.scratch.mkdir(parents=True, exist_ok=True)
    # A pytest that is told of no report of its own writes this one; its command line wins over this.
    os.environ[PYTEST] = f"--junitxml={own} {os.environ.get(PYTEST, '')}".strip()
    os.chdir(settings.root)
    gate = Gate.of(settings)
    began = time.monotonic()
    ran = shell(settings.test)
    took = time.monotonic() - began
    if not _collect(settings, own):
        _write(settings, settings.test, ran, took)
    if ran.status:
        raise Fatal(f"the tests failed (exit status {ran.status}): {settings.test}")
    say(f"the tests passed in {took:.1f} s")
    if gate:
        gate.judge()


def _collect(settings: Settings, own: Path) -> int:
    """How many reports the command left."""
    found: list[Path] = [path for pattern in settings.reports for path in sorted(settings.root.glob(pattern))]
    found = [path for path in found if settings.report not in path.parents] or ([own] if own.is_file() else [])
    for number, path in enumerate(found):
        shutil.copyfile(path, settings.report / f"{number:02d}-{path.name}")
    return len(found)


def _write(settings: Settings, name: str, ran: Ran | None, took: float) -> None:
    """A report of one case, for a command that writes none."""
    suite = ElementTree.Element("testsuite", name=settings.service, tests="1", time=f"{took:.3f}")
    case = ElementTree.SubElement(suite, "testcase", classname="test", name=name, time=f"{took:.3f}")
    if ran is None:
        ElementTree.SubElement(case, "skipped", message="pipeline.yaml has no test")
    elif ran.status:
        failure = ElementTree.SubElement(case, "failure", message=f"exit status {ran.status}")
        failure.text = "".join(
            letter for letter in ran.output[-MESSAGE_LENGTH:] if letter.isprintable() or letter == "\n"
        )
    ElementTree.ElementTree(suite).write(settings.report / "test.xml", encoding="utf-8", xml_declaration=True)
