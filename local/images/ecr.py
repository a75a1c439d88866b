"""ECR's own rules where moto's differ: what an image weighs, what its digest is, which tags may move; and what is put
by the API can be pulled.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import ServiceException
from moto.ecr.models import ECRBackend, Image, Repository

_PUT_IMAGE = ECRBackend.put_image


class TagTaken(ServiceException):
    code = "ImageTagAlreadyExistsException"


class DigestDiffers(ServiceException):
    code = "ImageDigestDoesNotMatchException"


class LayersMissing(ServiceException):
    code = "LayersNotFoundException"


class ImagesMissing(ServiceException):
    code = "ReferencedImagesNotFoundException"


Keep = Callable[[str, bytes, str], bool]  # repository, manifest, media type: whether all that it names is there
Tell = Callable[[ECRBackend, Image], None]


def correct(
    keep: Keep = lambda repository, manifest, media_type: True, tell: Tell = lambda backend, image: None
) -> None:
    """Put ours in the place of moto's; `keep` has the bytes of what is put, `tell` hears of it afterwards. The last
    call counts."""

    def put(backend: ECRBackend, *arguments: Any, **named: Any) -> Image:
        image = put_image(backend, keep, *arguments, **named)
        tell(backend, image)
        return image

    setattr(ECRBackend, "put_image", put)  # noqa: B010  mypy forbids the assignment
    setattr(ECRBackend, "_resolve_image_tag_mutability", tagged)  # noqa: B010
    setattr(Image, "get_image_size_in_bytes", lambda image: size(image.image_manifest))  # noqa: B010


def put_image(
    backend: ECRBackend,
    keep: Keep,
    repository_name: str,
    image_manifest: str,
    image_tag: str,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    """An image's digest is that of its manifest; other bytes do not get a tag that is taken for good, and what names
    layers or images that are not there is refused."""
    repository = backend._get_repository(repository_name)
    own = digest_of(image_manifest.encode())
    if digest not in (None, own):
        raise DigestDiffers(f"The image digest '{digest}' does not match the digest '{own}' of the image manifest")
    held = next((image.get_image_digest() for image in repository.images if image_tag in image.image_tags), own)
    filters = repository.image_tag_mutability_exclusion_filters or ()
    if held != own and not may_move(str(repository.image_tag_mutability), filters, image_tag):
        raise TagTaken(taken(repository_name, image_tag))
    words = json.loads(image_manifest)
    if not keep(repository_name, image_manifest.encode(), image_manifest_mediatype or words.get("mediaType", "")):
        missing = ImagesMissing if "manifests" in words else LayersMissing
        raise missing(f"What the manifest '{own}' names is not in the repository '{repository_name}'")
    return _PUT_IMAGE(backend, repository_name, image_manifest, image_tag, image_manifest_mediatype, own)


def pushed(image: Image) -> dict[str, Any]:
    """The detail of ECR's event; what was pushed by its digest alone has no tag."""
    tag = {"image-tag": image.image_tag} if image.image_tag else {}
    return {
        "result": "SUCCESS",
        "repository-name": image.repository_name,
        "image-digest": image.get_image_digest(),
        "action-type": "PUSH",
        **tag,
    }


def tagged(_: ECRBackend, repository: Repository, tag: str) -> list[Image]:
    """The image that loses a tag to another one, which may have it. moto reads filters as regular expressions."""
    return [image for image in repository.images if tag in image.image_tags]


def digest_of(manifest: bytes) -> str:
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def size(manifest: str) -> int | None:
    """Bytes of the configuration and the layers as they were pushed; None of a list of images."""
    found = json.loads(manifest)
    if "layers" not in found:
        return None
    return sum(int(part.get("size", 0)) for part in (found.get("config", {}), *found["layers"]))


def may_move(mutability: str, filters: Iterable[Mapping[Any, str]], tag: str) -> bool:
    """Whether other bytes may get a tag that an image has already. Filters name the exceptions, with `*` in them."""
    excepted = mutability.endswith("_WITH_EXCLUSION") and any(fnmatchcase(tag, each["filter"]) for each in filters)
    return mutability.startswith("MUTABLE") is not excepted


def taken(repository: str, tag: str) -> str:
    """ECR's words, by its API and by the registry."""
    return (
        f"The image tag '{tag}' already exists in the '{repository}' repository"
        " and cannot be overwritten because the tag is immutable."
    )
