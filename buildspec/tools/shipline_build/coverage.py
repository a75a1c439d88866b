"""The gate of coverage: the tests have to run so much of the code, or nothing is pushed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from . import cobertura
from .cobertura import Figures, Share
from .fatal import Fatal
from .run import say
from .settings import Coverage, Settings

REMEDY = "the tests' command has to write it (pipeline.yaml: test.coverage.report)"


@dataclass(frozen=True)
class Gate:
    """Made before the tests run, so that a report which they did not write is not taken for theirs."""

    asked: Coverage
    report: Path
    shown: Path  # where CodeBuild takes it from
    before: tuple[int, int] | None

    @classmethod
    def of(cls, settings: Settings) -> Gate | None:
        """None when nothing is asked."""
        shutil.rmtree(settings.covered, ignore_errors=True)
        if settings.coverage is None:
            return None
        report = settings.root / settings.coverage.report
        return cls(settings.coverage, report, settings.covered / "coverage.xml", _version(report))

    def judge(self) -> None:
        """Tell the figures; Fatal when one is too low, or cannot be told."""
        name, found = self.asked.report, _version(self.report)
        if found is None:
            raise Fatal(f"there is no coverage report {name}: {REMEDY}")
        if found == self.before:
            raise Fatal(f"the coverage report {name} is not of these tests, it was there before: {REMEDY}")
        try:
            figures = cobertura.read(self.report)
        except cobertura.Unreadable as error:
            raise Fatal(f"the coverage report {name} cannot be read: {error}") from None
        self.shown.parent.mkdir(parents=True)
        shutil.copyfile(self.report, self.shown)
        problems = [problem for problem in self._judged(figures) if problem]
        if problems:
            raise Fatal("the tests cover too little:\n" + "\n".join(problems))

    def _judged(self, figures: Figures) -> list[str]:
        return [
            self._one("lines", figures.lines, self.asked.lines),
            self._one("branches", figures.branches, self.asked.branches),
        ]

    def _one(self, what: str, share: Share, least: int | None) -> str:
        """Empty when it is enough. What is not asked for is told all the same, where there is any."""
        name = self.asked.report
        if not share.total:
            return f"{what} are not in {name}, and {least} % are asked for" if least is not None else ""
        told = f"{what} {share} of {least} % ({name})" if least is not None else f"{what} {share} ({name})"
        say(f"coverage: {told}")
        return told if least is not None and not share.reaches(least) else ""


def _version(path: Path) -> tuple[int, int] | None:
    """What changes when a file is written; None when there is no file."""
    if not path.is_file():
        return None
    found = path.stat()
    return found.st_ino, found.st_ctime_ns
