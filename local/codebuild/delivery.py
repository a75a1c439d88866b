"""UPLOAD_ARTIFACTS: a build's artifacts to S3, its reports to their groups.

Both are attempted, whatever became of the other; the first failure is the phase's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from local.codebuild import artifacts
from local.codebuild.buildspec import Artifacts, Buildspec, Report
from local.codebuild.environment import Clients
from local.codebuild.faults import PhaseFailure
from local.codebuild.record import BuildRecord
from local.codebuild.reports import Allow, Publisher
from local.codebuild.store import Store

Document = dict[str, Any]


@dataclass(frozen=True)
class Destinations:
    """Where a build's artifacts go: ProjectArtifacts as the project and StartBuild's override say."""

    primary: Document
    secondary: tuple[Document, ...] = ()


@dataclass(frozen=True)
class Delivery:
    destinations: Destinations
    store: Store
    record: BuildRecord
    root: Path
    clients: Clients
    allow: Allow
    expand: Callable[[str], str]  # text as the build's shell reads it
    say: Callable[[str], None]

    def deliver(self, spec: Buildspec) -> None:
        failures = [
            *(self._tried(partial(self._report, each)) for each in spec.reports),
            self._tried(partial(self._artifacts, spec)),
        ]
        for failure in failures:
            if failure:
                raise failure

    def _tried(self, effect: Callable[[], None]) -> PhaseFailure | None:
        try:
            effect()
        except PhaseFailure as failure:
            return failure
        return None

    def _report(self, declared: Report) -> None:
        document = self.record.document
        name = self.expand(declared.name) if declared.name.startswith("$") else declared.name
        self.say(f"Preparing to copy report {name}")
        publisher = Publisher(
            self.store, document["arn"].partition(":build/")[0], document["projectName"], document["arn"], self.allow
        )
        self.record.add_report(publisher.publish(declared, name, self.root))

    def _artifacts(self, spec: Buildspec) -> None:
        primary, secondary = self.destinations.primary, self.destinations.secondary
        if primary["type"] != "NO_ARTIFACTS":
            self.record.update(artifacts=self._one(primary, spec.artifacts))
        found = [self._one(each, self._declared(spec, each["artifactIdentifier"])) for each in secondary]
        if found:
            self.record.update(secondaryArtifacts=found)

    def _declared(self, spec: Buildspec, identifier: str) -> Artifacts:
        declared = spec.secondary_artifacts.get(identifier)
        if declared is None:
            raise PhaseFailure("CLIENT_ERROR", f"the buildspec has no secondary-artifacts {identifier}")
        return declared

    def _one(self, setting: Document, declared: Artifacts | None) -> Document:
        if declared is None:
            raise PhaseFailure("CLIENT_ERROR", f"{artifacts.NOTHING}: the buildspec has no artifacts")
        self.say(f"Expanding base directory path: {declared.base_directory or '.'}")
        name = self.expand(declared.name) if setting.get("overrideArtifactName") else ""
        return artifacts.upload(setting, declared, self.root, self.record.id, self.clients, name)
