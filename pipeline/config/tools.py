"""Shipline's steps in a buildspec of the service's own: what they do is in vain where it does not run them."""

from collections.abc import Iterator

from pipeline.config.problems import Finding, Path
from pipeline.config.service import Service

TOOLS = "SHIPLINE_TOOLS"  # the variable that tells a buildspec where they are


def own_buildspec(service: Service) -> str | None:
    """Its text; None where the service has none, or it is not there."""
    buildspec = service.build.buildspec
    path = service.folder / buildspec if buildspec else None
    return path.read_text(errors="replace") if path and path.is_file() else None


def unrun(service: Service, where: Path) -> Iterator[Finding]:
    """What is asked for at `where` is not done by a buildspec that does not run the tools."""
    text = own_buildspec(service)
    if text is not None and TOOLS not in text:
        wrong = f"{service.build.buildspec} does not run Shipline's tools ({TOOLS}), which see to this"
        yield Finding(where, wrong, "begin with the toolkit's buildspec/build.yaml, or leave this out")
