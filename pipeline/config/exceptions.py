"""The file of findings that somebody answers for: it is refused here when the deployers would refuse it, and once an
exception has ended, so that nobody learns of it from a release that stops."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import yaml

from pipeline.config.problems import Finding, Path
from pipeline.config.service import Service

NEEDED = ("id", "owner", "reason", "expires")
WHERE: Path = ("scan", "exceptions")


def findings(service: Service, today: dt.date | None = None) -> Iterator[Finding]:
    file = service.scan.exceptions if service.scan else None
    if not file:
        return
    try:
        found = yaml.safe_load((service.folder / file).read_bytes())
    except FileNotFoundError:
        yield Finding(WHERE, f"there is no {file}", "add it, or leave the key out")
        return
    except (OSError, yaml.YAMLError, ValueError) as error:
        yield Finding(WHERE, f"{file} cannot be read: {' '.join(str(error).split())}", "correct it")
        return
    if not isinstance(found, list | None):
        yield Finding(WHERE, f"{file} is not a list", f"write one item per exception: {', '.join(NEEDED)}")
        return
    images = {image.name for image in service.images}
    for number, item in enumerate(found or [], 1):
        for wrong, remedy in _of_item(item, images, today or dt.datetime.now(dt.UTC).date()):
            yield Finding(WHERE, f"{file}: exception {number} {wrong}", remedy)


def _of_item(item: Any, images: set[str], today: dt.date) -> Iterator[tuple[str, str]]:
    """(what is wrong, remedy)"""
    if not isinstance(item, dict):
        yield "is not a mapping", f"write {', '.join(NEEDED)}"
        return
    for key in NEEDED:
        if not item.get(key):
            yield f"has no `{key}`", "say it"
    for key in item:
        if key not in (*NEEDED, "image"):
            yield f"has a key `{key}`", f"keys here are {', '.join(NEEDED)}, image"
    image = item.get("image")
    if image and image not in images:
        yield f"is of an image `{image}`", f"images here are {', '.join(sorted(images))}"
    if ends := item.get("expires"):
        day = _day(ends)
        if day is None:
            yield f"expires `{ends}`", "write its last day, as in 2026-12-31"
        elif day < today:
            yield f"({item.get('id')}, {item.get('owner')}) ended on {day}", "mend the finding, or say until when"


def _day(value: Any) -> dt.date | None:
    if type(value) is dt.date:
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None
