"""The report into the action's output artifact, and the way to it into the words of the answer."""

from typing import Protocol

from deployer.errors import DeployError
from deployer.log import Log
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.redact import Redactor
from deployer.report.bundle import json_file, text_file, zipped
from deployer.report.document import document
from deployer.report.story import Story
from deployer.report.text import text
from deployer.values import replace


class Place(Protocol):
    def write(self, data: bytes) -> None:
        """DeployError when it cannot be."""


def published(outcome: Outcome, story: Story, place: Place, where: str, log: Log) -> Outcome:
    """The outcome, which now names the report; a report that cannot be written changes no outcome."""
    try:
        place.write(bundle(story, outcome, log.redactor))
    except DeployError as error:
        log.event("report not written", reason=str(error))
        return _naming(outcome, "", f"No report was written: {error}")
    log.event("reported", where=where)
    return _naming(outcome, where, f"Report: {where}")


def bundle(story: Story, outcome: Outcome, redactor: Redactor) -> bytes:
    told = document(story, outcome)
    files = {"report.json": json_file(told, redactor), "report.txt": text_file(text(told), redactor)}
    return zipped({**files, **story.attached})


def _naming(outcome: Outcome, where: str, words: str) -> Outcome:
    match outcome:
        case Succeeded():
            return replace(outcome, outputs={**outcome.outputs, "report": where or "none"})
        case Failed():
            return replace(outcome, message=f"{outcome.message}\n{words}")
        case Continue():
            return outcome
