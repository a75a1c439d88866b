"""After rendering: every container that runs one of the release's images runs this release's digest.

Containers are found at any depth of any kind: in pods, their templates, CronJobs and Helm's hooks. A custom resource's
own `image` field is no container: its controller's matter, and where it does name an image the bump has set it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from deployer.bump.manifests import CONTAINERS
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.objects import Object, key_of

_LABELS = ("labels", "matchLabels", "selector")
_SOURCE = re.compile(r"^# Source: (\S+)", re.M)


def images(objects: Iterable[Object], known: Images, where: str) -> None:
    """Fatal for a reference to the release's repositories that a bump could not reach."""
    for item in objects:
        for reference in references(item):
            image = known.find(reference)
            if image and not known.pins(reference, image):
                raise Fatal(
                    f"{where} renders the image {reference}, not the release's {image.pinned}.",
                    subject=str(key_of(item)),
                    remedy=(
                        "Write the image where it can be set: in the container, in `images:` of the kustomization, "
                        "or in the chart's values as image.repository with image.digest or image.tag."
                    ),
                    kind="ConfigurationError",
                )


def labels(objects: Iterable[Object], known: Images, rendered: str) -> None:
    """Fatal for a label that a chart made of a tag which had to take the digest; `rendered` is helm's text."""
    marks = [f"{tag}@" for tag in known.tags()]
    for item in objects:
        for name, value in _labels(item):
            if any(mark in value for mark in marks):
                raise Fatal(
                    f"{_template(rendered, value)} puts the image's tag into the label {name}: with the digest behind "
                    f"it the value {value[:80]!r} is no label.",
                    subject=str(key_of(item)),
                    remedy=(
                        "Give the chart a key for the digest (`image.digest`) that its template writes behind the "
                        "repository; then the tag stays a tag. Or take the label's value from elsewhere."
                    ),
                    kind="ConfigurationError",
                )


def _labels(value: Any) -> Iterator[tuple[str, str]]:
    """Every label below a value, those of selectors as well."""
    if isinstance(value, list):
        for item in value:
            yield from _labels(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key in _LABELS and isinstance(item, dict):
            yield from ((name, text) for name, text in item.items() if isinstance(text, str))
        yield from _labels(item)


def _template(rendered: str, value: str) -> str:
    """The template that wrote a value: helm says so in front of each document."""
    sources = _SOURCE.findall(rendered, 0, max(rendered.find(value), 0))
    return sources[-1] if sources else "the chart"


def references(value: Any) -> Iterator[str]:
    """The image of every container below a value."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key in CONTAINERS and isinstance(item, list):
            yield from (str(one["image"]) for one in item if isinstance(one, dict) and one.get("image"))
        if key == "volumes" and isinstance(item, list):
            mounted = (one["image"] for one in item if isinstance(one, dict) and isinstance(one.get("image"), dict))
            yield from (str(image["reference"]) for image in mounted if image.get("reference"))
        yield from references(item)
