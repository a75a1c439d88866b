"""After rendering: every container that runs one of the release's images runs this release's digest."""

from collections.abc import Iterable, Iterator
from typing import Any

from deployer.bump.manifests import CONTAINERS
from deployer.bump.references import Images
from deployer.errors import Fatal
from deployer.objects import Object, key_of


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
        yield from references(item)
