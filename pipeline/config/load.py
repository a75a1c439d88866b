"""The way from a file to a `Service`: read, parse, validate, resolve, check. All problems are reported together."""

from pathlib import Path as Folder

from pipeline.config import told
from pipeline.config.check import check
from pipeline.config.problems import Finding, InvalidDefinition, Path, Problem
from pipeline.config.registry import check as registry
from pipeline.config.resolve import resolve
from pipeline.config.service import Service
from pipeline.config.targets import check as targets
from pipeline.config.targets.resolve import Home
from pipeline.config.text import Document, parse
from pipeline.config.validate import validate

FILE = "pipeline.yaml"


def load(folder: Folder, file: str = FILE, *, account: str | None = None, region: str | None = None) -> Service:
    """The service whose repository `folder` is; InvalidDefinition with every mistake.

    `account` and `region` are where it will be deployed to, as far as that is known.
    """
    document = parse(_read(folder, file))
    if document.data is None and document.problems:
        raise InvalidDefinition(file, document.problems)
    config, broken, problems = validate(document)
    service = resolve(config, folder, Home(account, region))
    found = [
        *check(config, service, document.data),
        *told.elsewhere(service, account, region),
        *registry.elsewhere(service, account, region),
        *targets.elsewhere(service, region),
    ]
    problems += [_placed(document, finding) for finding in found if not _follows(finding, broken)]
    if problems or document.problems:
        raise InvalidDefinition(file, [*document.problems, *problems])
    return service


def _read(folder: Folder, file: str) -> bytes:
    try:
        return (folder / file).read_bytes()
    except FileNotFoundError:
        remedy = f"make one in {folder}, or name the service's folder (-c service=PATH)"
        raise InvalidDefinition(file, [Problem((), "there is no such file", remedy)]) from None
    except OSError as error:
        remedy = "make it a readable file"
        raise InvalidDefinition(file, [Problem((), f"it cannot be read: {error.strerror}", remedy)]) from None


def _placed(document: Document, finding: Finding) -> Problem:
    place = document.place(finding.where)
    return Problem(finding.where, finding.wrong, finding.remedy, place.line, place.column)


def _follows(finding: Finding, broken: frozenset[Path]) -> bool:
    """What comes of a part that is already reported is a consequence, not a mistake."""
    return any(
        where[: len(path)] == path or path[: len(where)] == where
        for where in (finding.where, *finding.because)
        for path in broken
    )
