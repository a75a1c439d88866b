"""Source / ECR: the digest behind a tag (or the one that was asked for); imageDetail.json in the artifact bucket."""

import json
from datetime import UTC, datetime
from typing import Any

from local.codepipeline.providers import output
from local.codepipeline.runner import Done, Outcome, Work
from local.codepipeline.state import Revision

Document = dict[str, Any]


def fetch(work: Work) -> Outcome:
    wanted = work.run.resolved
    repository, tag = wanted["RepositoryName"], wanted.get("ImageTag", "latest")
    override = work.run.override
    asked = {"imageDigest": override.value} if override and override.kind == "IMAGE_DIGEST" else {"imageTag": tag}
    session = work.session()
    found = session.client("ecr").describe_images(repositoryName=repository, imageIds=[asked])["imageDetails"][0]
    digest = str(found["imageDigest"])
    uri = f"{work.home.registry_host}/{repository}@{digest}"
    output.put(work, session, output.zipped({"imageDetail.json": json.dumps(_detail(found, uri))}))
    variables = {
        "RegistryId": str(found["registryId"]),
        "RepositoryName": repository,
        "ImageTag": tag,
        "ImageDigest": digest,
        "ImageURI": uri,
    }
    return Done(variables, Revision(digest, f"{repository}:{tag}", datetime.now(UTC).timestamp()))


def _detail(found: Document, uri: str) -> Document:
    """As CodePipeline writes it, its numbers as texts."""
    return {
        "ImageSizeInBytes": str(found.get("imageSizeInBytes", "")),
        "ImageDigest": found["imageDigest"],
        "Version": "1.0",
        "ImagePushedAt": found["imagePushedAt"].astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y"),
        "RegistryId": found["registryId"],
        "RepositoryName": found["repositoryName"],
        "ImageURI": uri,
        "ImageTags": found.get("imageTags", []),
    }
