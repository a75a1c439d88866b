"""A repository of moto's ECR with images in it, each by a number that is its content."""

import json
from typing import Any

ACCOUNT = "123456789012"
MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


def push(client: Any, repository: str, number: int) -> str:
    """The digest of the image that a build pushes as `src-<number>`."""
    layer = {"mediaType": "layer", "digest": f"sha256:{number:064d}", "size": number}
    text = json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": layer, "layers": [layer]})
    put = client.put_image(
        repositoryName=repository, imageManifest=text, imageManifestMediaType=MEDIA_TYPE, imageTag=f"src-{number}"
    )
    return str(put["image"]["imageId"]["imageDigest"])


def tags_of(client: Any, repository: str) -> dict[str, set[str]]:
    """By digest."""
    pages = client.get_paginator("describe_images").paginate(repositoryName=repository)
    found = [each for page in pages for each in page["imageDetails"]]
    return {each["imageDigest"]: set(each.get("imageTags", ())) for each in found}
