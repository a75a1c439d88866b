"""Which images an environment cannot do without, said in ECR by tags that its lifecycle rules never expire.

    in-<environment>          what runs there
    in-<environment>.next     what is on its way there, from before the first object is written
    in-<environment>.before   what ran before: where a rollback goes

They are the only tags that move. Either step may be made twice.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from deployer.aws import failed
from deployer.bump.references import Image
from deployer.errors import Fatal, Unavailable
from deployer.values import dataclass

# All that a build pushes; without them ECR gives an image in the oldest form that it can turn it into.
FORMS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TAGGED = "ImageAlreadyExistsException"  # this very image has this very tag


@dataclass(frozen=True)
class EcrMarks:
    """`client` is boto3's for ECR; `repositories` are the target's, each with its host."""

    client: Any
    environment: str
    repositories: Sequence[str]

    def coming(self, images: Iterable[Image]) -> None:
        """Hold what is about to be released; Fatal for an image that is gone."""
        for image in images:
            found = self._found(image.repository, {"imageDigest": image.digest})
            if found is None:
                raise Fatal(
                    f"the registry has no {image.pinned}.",
                    subject=f"image {image.name}",
                    remedy="It was deleted, or never pushed: build the commit again.",
                )
            self._put(image.repository, found, f"{self._tag}.next")

    def arrived(self) -> None:
        """What came is what runs; what ran is kept once more. Unavailable when ECR refuses, since nothing is unhealthy:
        what runs is held by its tag `.next` until it is tried again."""
        try:
            for repository in self.repositories:
                self._arrive(repository)
        except Fatal as error:
            raise Unavailable(error.reason, subject=error.subject) from error

    @property
    def _tag(self) -> str:
        return f"in-{self.environment}"

    def _arrive(self, repository: str) -> None:
        # One by one: an answer names an image by any of its tags.
        running = self._found(repository, {"imageTag": self._tag})
        coming = self._found(repository, {"imageTag": f"{self._tag}.next"})
        if coming is None or (running and running["imageId"]["imageDigest"] == coming["imageId"]["imageDigest"]):
            return
        if running:
            self._put(repository, running, f"{self._tag}.before")
        self._put(repository, coming, self._tag)

    def _found(self, repository: str, wanted: dict[str, str]) -> dict[str, Any] | None:
        given = {**_where(repository), "imageIds": [wanted], "acceptedMediaTypes": list(FORMS)}
        images: list[dict[str, Any]] = self._ask("batch_get_image", repository, given)["images"]
        return images[0] if images else None

    def _put(self, repository: str, image: dict[str, Any], tag: str) -> None:
        kind = image.get("imageManifestMediaType")
        given = {
            **_where(repository),
            "imageManifest": image["imageManifest"],
            "imageTag": tag,
            **({"imageManifestMediaType": kind} if kind else {}),
        }
        self._ask("put_image", repository, given)

    def _ask(self, operation: str, repository: str, given: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        subject = f"marks of {repository}"
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(**given)
        except ClientError as error:
            if error.response["Error"].get("Code") == TAGGED:
                return {}
            raise failed(error, subject) from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=subject) from error
        return answer


def _where(repository: str) -> dict[str, str]:
    host, _, path = repository.partition("/")
    return {"registryId": host.partition(".")[0], "repositoryName": path}
