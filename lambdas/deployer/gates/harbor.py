"""Harbor's scans by digest: the states are those of its jobs, the severities those of its reports."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from deployer.bump.references import Image
from deployer.gates.scan import Finding, Scan, Severity, State, severity_of
from deployer.harbor.api import Harbor
from deployer.values import dataclass

# The forms of a report, the newer one first; Harbor answers with the first that it has.
REPORTS = (
    "application/vnd.security.vulnerability.report; version=1.1",
    "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0",
)
ACCEPT = {"X-Accept-Vulnerabilities": ", ".join(REPORTS)}
STATES: dict[str, State] = {
    "Success": "complete",
    "Pending": "pending",
    "Queued": "pending",
    "Scheduled": "pending",
    "Running": "pending",
}
# Of a single finding; `None` is what the CVSS calls no severity.
OWN: dict[str, Severity] = {"negligible": "informational", "none": "informational"}
NOT_MADE = "no scan was made: let the project scan images when they are pushed"


@dataclass(frozen=True)
class HarborScans:
    harbor: Harbor
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def of(self, image: Image, within: float) -> Scan:
        """A status that is not known here says that nothing is known of the image."""
        artifact = self.harbor.artifact(image, "?with_scan_overview=true", ACCEPT)
        if not isinstance(artifact, dict):
            return Scan("unscanned", reason="Harbor does not have the image")
        told = _first(artifact.get("scan_overview"))
        late = self._age(artifact) > within
        if told is None:
            # Harbor begins to scan a moment after a push.
            return Scan("unscanned", reason=NOT_MADE) if late else Scan("pending", reason="no scan was made yet")
        word = str(told.get("scan_status", ""))
        state = STATES.get(word, "unscanned")
        if state == "pending" and late:
            return Scan("unscanned", reason=f"it is still {word} {within:.0f} s after the image was pushed")
        if state != "complete":
            return Scan(state, reason=f"Harbor says {word or 'nothing'} of its scan")
        if (percent := told.get("complete_percent", 100)) != 100:
            return Scan("unscanned", reason=f"Harbor has scanned {percent} % of it")
        return self._report(image)

    def _report(self, image: Image) -> Scan:
        report = _first(self.harbor.artifact(image, "/additions/vulnerabilities", ACCEPT))
        found = report.get("vulnerabilities") if report else None
        if not isinstance(found, list):
            return Scan("unscanned", reason="Harbor has no report of its scan")
        return Scan("complete", tuple(_findings(found)))

    def _age(self, artifact: dict[str, Any]) -> float:
        """Seconds since the image was pushed; what does not say when is old."""
        try:
            pushed = dt.datetime.fromisoformat(str(artifact.get("push_time")))
        except ValueError:
            return float("inf")
        return (self.now() - pushed.replace(tzinfo=pushed.tzinfo or dt.UTC)).total_seconds()


def _first(told: Any) -> dict[str, Any] | None:
    """Of a mapping by form; a form that is not known here is none."""
    found = [told[form] for form in REPORTS if isinstance(told.get(form), dict)] if isinstance(told, dict) else []
    return found[0] if found else None


def _findings(found: list[Any]) -> Iterator[Finding]:
    for each in found:
        about = each if isinstance(each, dict) else {}
        word = str(about.get("severity", ""))
        package = " ".join(str(about[key]) for key in ("package", "version") if about.get(key))
        yield Finding(str(about.get("id") or "unnamed"), OWN.get(word.lower()) or severity_of(word), package)
