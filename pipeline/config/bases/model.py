"""What may be written of a base image."""

from typing import Annotated

from pydantic import Field

from pipeline.config.base import Model
from pipeline.config.kinds import shaped

REPOSITORY = r"^[a-z0-9]+([._/-][a-z0-9]+)*$"
TAG = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
ARGUMENT = r"^[A-Za-z_][A-Za-z0-9_]*$"


class BaseImage(Model):
    """A tag in this account's and region's ECR. A push of it starts the pipeline with the newest commit of the branch:
    an ECR action of the Source stage reads its digest, and the build hands `REPOSITORY@DIGEST` to each Dockerfile that
    declares the argument (`ARG BASE_IMAGE=python:3.12`, then `FROM ${BASE_IMAGE}`). The digest is a part of what an
    image is made from, so a new one has every image built anew that uses it, and release.json names it. Builds of pull
    requests get no argument: there the Dockerfile's own value counts."""

    repository: Annotated[
        str, shaped(REPOSITORY, "write the repository's name in ECR alone, as in company/python: no host, no tag", 256)
    ]
    """The repository's name, which is there already."""
    tag: Annotated[str, shaped(TAG, "write the tag alone, as in 3.12", 128)]
    """The tag that moves when there is a new image; it has to be there with the first release."""
    argument: Annotated[
        str, shaped(ARGUMENT, "write the name of an ARG: letters, digits and `_`, no digit in front", 60)
    ] = "BASE_IMAGE"
    """The build argument."""


# CodePipeline takes fifty actions in a stage, and a thousand characters for what it tells a build.
BaseImages = Annotated[tuple[BaseImage, ...], Field(max_length=10)]
