"""ECR's rules for images, by its API."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.images import ecr

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def client() -> Iterator[Any]:
    ecr.correct()
    with mock_aws():
        made = boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        made.create_repository(repositoryName="shop/web", imageTagMutability="IMMUTABLE")
        made.create_repository(repositoryName="shop/free", imageTagMutability="MUTABLE")
        yield made


def manifest(size: int) -> str:
    digest = f"sha256:{size:064d}"
    layers = [{"mediaType": "layer", "digest": digest, "size": size}, {"mediaType": "layer", "digest": "x", "size": 5}]
    config = {"mediaType": "config", "digest": digest, "size": 7}
    return json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": config, "layers": layers})


def put(client: Any, size: int, tag: str, repository: str = "shop/web", **more: str) -> str:
    image = client.put_image(repositoryName=repository, imageManifest=manifest(size), imageTag=tag, **more)["image"]
    return str(image["imageId"]["imageDigest"])


def test_an_image_weighs_its_configuration_and_its_layers(client: Any) -> None:
    put(client, 1000, "v1")
    (details,) = client.describe_images(repositoryName="shop/web")["imageDetails"]
    assert details["imageSizeInBytes"] == 1012
    assert ecr.size(json.dumps({"manifests": []})) is None


def test_each_push_is_told_with_its_tag_as_ecr_tells_it(client: Any) -> None:
    told: list[dict[str, Any]] = []
    ecr.correct(tell=lambda _, image: told.append(ecr.pushed(image)))
    digests = [put(client, size, "v1", "shop/free") for size in (1, 2)]
    client.put_image(repositoryName="shop/free", imageManifest=manifest(3))
    assert told[:2] == [
        {
            "result": "SUCCESS",
            "repository-name": "shop/free",
            "image-digest": digest,
            "action-type": "PUSH",
            "image-tag": "v1",
        }
        for digest in digests
    ]
    assert "image-tag" not in told[2]
    with pytest.raises(client.exceptions.ImageAlreadyExistsException):
        put(client, 2, "v1", "shop/free")
    assert len(told) == 3


def test_an_image_is_named_by_the_digest_of_its_manifest(client: Any) -> None:
    own = f"sha256:{hashlib.sha256(manifest(1).encode()).hexdigest()}"
    assert put(client, 1, "v1") == own
    with pytest.raises(client.exceptions.ImageDigestDoesNotMatchException, match="does not match"):
        put(client, 2, "v2", imageDigest=own)


def test_other_bytes_do_not_get_an_immutable_tag(client: Any) -> None:
    first = put(client, 1, "v1")
    with pytest.raises(
        client.exceptions.ImageTagAlreadyExistsException,
        match=r"The image tag 'v1' already exists in the 'shop/web' repository and cannot be overwritten because",
    ):
        put(client, 2, "v1")
    assert [each["imageDigest"] for each in client.describe_images(repositoryName="shop/web")["imageDetails"]] == [
        first
    ]


def test_the_same_bytes_under_the_same_tag_are_there_already(client: Any) -> None:
    put(client, 1, "v1")
    with pytest.raises(client.exceptions.ImageAlreadyExistsException):
        put(client, 1, "v1")


def test_an_image_gets_a_second_tag_and_a_mutable_tag_moves(client: Any) -> None:
    assert put(client, 1, "v1") == put(client, 1, "v1-again")
    put(client, 1, "latest", "shop/free")
    assert put(client, 2, "latest", "shop/free") == ecr.digest_of(manifest(2).encode())


def test_a_tag_that_a_filter_excepts_moves_and_no_other_one_does(client: Any) -> None:
    filters = [{"filterType": "WILDCARD", "filter": "sha256-*.sig"}]
    client.create_repository(
        repositoryName="shop/signed",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=filters,
    )
    for tag in ("sha256-ab.sig", "v1"):
        put(client, len(tag), tag, "shop/signed")
    assert put(client, 3, "sha256-ab.sig", "shop/signed") == ecr.digest_of(manifest(3).encode())
    with pytest.raises(client.exceptions.ImageTagAlreadyExistsException):
        put(client, 4, "v1", "shop/signed")


def test_a_repository_that_is_not_there_is_named(client: Any) -> None:
    with pytest.raises(client.exceptions.RepositoryNotFoundException, match="shop/nowhere"):
        put(client, 1, "v1", "shop/nowhere")


@pytest.mark.parametrize(
    ("mutability", "tag", "moves"),
    [
        ("MUTABLE", "v1", True),
        ("IMMUTABLE", "v1", False),
        ("IMMUTABLE_WITH_EXCLUSION", "dev-1", True),
        ("IMMUTABLE_WITH_EXCLUSION", "v1", False),
        ("MUTABLE_WITH_EXCLUSION", "dev-1", False),
        ("MUTABLE_WITH_EXCLUSION", "v1", True),
    ],
)
def test_filters_name_the_exceptions(mutability: str, tag: str, moves: bool) -> None:
    assert ecr.may_move(mutability, [{"filterType": "WILDCARD", "filter": "dev-*"}], tag) is moves
