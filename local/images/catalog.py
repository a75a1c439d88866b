"""ECR's own record of repositories and images, by its API: what it does not know, the registry does not serve."""

from typing import Any

from botocore.exceptions import ClientError

from local.images import ecr


class NoSuchRepository(Exception):
    pass


class TagTaken(Exception):
    """The tag belongs to another image, and the repository is immutable."""


class Catalog:
    """`client` is an ECR client of the account's owner."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def repository(self, name: str) -> dict[str, Any]:
        try:
            found: list[dict[str, Any]] = self._client.describe_repositories(repositoryNames=[name])["repositories"]
        except self._client.exceptions.RepositoryNotFoundException:
            raise NoSuchRepository(name) from None
        return found[0]

    def digest(self, repository: str, reference: str) -> str | None:
        """The digest of a tag or digest; None when ECR has no such image."""
        key = "imageDigest" if reference.startswith("sha256:") else "imageTag"
        images = self._client.batch_get_image(repositoryName=repository, imageIds=[{key: reference}])["images"]
        return str(images[0]["imageId"]["imageDigest"]) if images else None

    def tags(self, repository: str) -> list[str]:
        pages = self._client.get_paginator("list_images").paginate(repositoryName=repository)
        return sorted(each["imageTag"] for page in pages for each in page["imageIds"] if each.get("imageTag"))

    def may_take(self, repository: dict[str, Any], tag: str, digest: str) -> bool:
        """Whether the push is news to ECR; TagTaken when the tag may not move."""
        held = self.digest(repository["repositoryName"], tag)
        if held == digest:
            return False
        if held is None or tag.startswith("sha256:"):
            return True
        filters = repository.get("imageTagMutabilityExclusionFilters", ())
        if not ecr.may_move(repository.get("imageTagMutability", "MUTABLE"), filters, tag):
            raise TagTaken(tag)
        return True

    def record(self, repository: str, reference: str, digest: str, manifest: bytes, media_type: str) -> None:
        """A pushed manifest becomes an image that ECR's API tells of."""
        image: dict[str, Any] = {
            "repositoryName": repository,
            "imageManifest": manifest.decode(),
            "imageManifestMediaType": media_type,
            "imageDigest": digest,
        }
        if not reference.startswith("sha256:"):
            image["imageTag"] = reference
        try:
            self._client.put_image(**image)
        except ClientError as error:
            # Someone else's push of the tag came between our look and now.
            if error.response["Error"]["Code"] not in ("ImageAlreadyExistsException", "ImageTagAlreadyExistsException"):
                raise
            if self.digest(repository, reference) != digest:
                raise TagTaken(reference) from None
