"""One build's document as BatchGetBuilds shows it, kept on disk at every step and announced on the event bus.

Only this module writes a build's phases and status. All methods are safe to call from any thread.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from local.codebuild.faults import PhaseFailure
from local.codebuild.store import Store

Document = dict[str, Any]
Publish = Callable[[str, str, list[str], Document], None]


class BuildRecord:
    def __init__(self, document: Document, store: Store, publish: Publish) -> None:
        self.document = document
        self._store = store
        self._publish = publish
        self._lock = threading.RLock()

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def complete(self) -> bool:
        return bool(self.document["buildComplete"])

    def open(self) -> None:
        """The record's first state: on disk before StartBuild answers."""
        with self._lock:
            self._keep()
            self._announce_build()

    def update(self, **members: Any) -> None:
        with self._lock:
            self.document.update(members)
            self._keep()

    def add_report(self, arn: str) -> None:
        with self._lock:
            self.document["reportArns"] = [*self.document.get("reportArns", []), arn]
            self._keep()

    def begin(self, phase: str) -> None:
        with self._lock:
            self.document["currentPhase"] = phase
            self.document["phases"].append({"phaseType": phase, "startTime": time.time()})
            self._keep()

    def end(self, status: str = "SUCCEEDED", failure: PhaseFailure | None = None) -> None:
        """Close the current phase."""
        with self._lock:
            phase = self.document["phases"][-1]
            phase["phaseStatus"] = status
            phase["endTime"] = time.time()
            phase["durationInSeconds"] = int(phase["endTime"] - phase["startTime"])
            phase["contexts"] = [failure.context] if failure else []
            self._keep()
            self._announce_phase(phase)

    def close(self, status: str) -> None:
        """The end of the build; a second close changes nothing."""
        with self._lock:
            if self.complete:
                return
            now = time.time()
            self.document["phases"].append({"phaseType": "COMPLETED", "startTime": now})
            self.document.update(buildStatus=status, currentPhase="COMPLETED", endTime=now, buildComplete=True)
            self._keep()
            self._announce_build()

    def interrupt(self, reason: str) -> None:
        """Close a build that nobody runs any more: its phase and itself end as FAULT. One that is over stays."""
        with self._lock:
            if self.complete:
                return
            phases = self.document["phases"]
            if phases and "phaseStatus" not in phases[-1]:
                self.end("FAULT", PhaseFailure("INTERNAL_SERVICE_ERROR", reason))
            self.close("FAULT")

    def _keep(self) -> None:
        self._store.put("build", self.id, self.document, parent=self.document["projectName"])

    def _announce_build(self) -> None:
        self._publish(
            "aws.codebuild",
            "CodeBuild Build State Change",
            [self.document["arn"]],
            {
                **self._subject(),
                "build-status": self.document["buildStatus"],
                "current-phase": self.document["currentPhase"],
                "current-phase-context": "[]",
                "additional-information": self._more(),
            },
        )

    def _announce_phase(self, phase: Document) -> None:
        self._publish(
            "aws.codebuild",
            "CodeBuild Build Phase Change",
            [self.document["arn"]],
            {
                **self._subject(),
                "completed-phase": phase["phaseType"],
                "completed-phase-status": phase["phaseStatus"],
                "completed-phase-duration-seconds": phase["durationInSeconds"],
                "completed-phase-start": _moment(phase["startTime"]),
                "completed-phase-end": _moment(phase["endTime"]),
                "completed-phase-context": str([f"{c['statusCode']}: {c['message']}" for c in phase["contexts"]]),
                "additional-information": self._more(),
            },
        )

    def _subject(self) -> Document:
        return {"project-name": self.document["projectName"], "build-id": self.document["arn"], "version": "1"}

    def _more(self) -> Document:
        document = self.document
        return {
            "build-number": document["buildNumber"],
            "build-complete": document["buildComplete"],
            "initiator": document["initiator"],
            "build-start-time": _moment(document["startTime"]),
            "timeout-in-minutes": document["timeoutInMinutes"],
            "logs": {
                "group-name": document["logs"].get("groupName"),
                "stream-name": document["logs"].get("streamName"),
                "deep-link": document["logs"].get("deepLink"),
            },
            "phases": [
                {
                    "phase-type": phase["phaseType"],
                    "phase-status": phase.get("phaseStatus", "IN_PROGRESS"),
                    "start-time": _moment(phase["startTime"]),
                    "phase-context": [f"{c['statusCode']}: {c['message']}" for c in phase.get("contexts", [])],
                }
                for phase in document["phases"]
            ],
            "environment": {
                key: document["environment"].get(member)
                for key, member in (("image", "image"), ("type", "type"), ("compute-type", "computeType"))
            },
        }


def _moment(seconds: float) -> str:
    """As CodeBuild's events write times: `Sep 1, 2017 4:12:29 PM`, UTC."""
    moment = time.gmtime(seconds)
    hour = moment.tm_hour % 12 or 12
    return time.strftime(f"%b {moment.tm_mday}, %Y {hour}:%M:%S %p", moment)
