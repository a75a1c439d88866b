import pytest

from local.images.requests import asked, without_mount


@pytest.mark.parametrize(
    ("method", "path", "repository", "reference", "action"),
    [
        ("HEAD", "/v2/shop/web/manifests/v1", "shop/web", "v1", "ecr:BatchGetImage"),
        ("GET", "/v2/shop/web/manifests/sha256:ab", "shop/web", "sha256:ab", "ecr:BatchGetImage"),
        ("PUT", "/v2/shop/web/manifests/v1", "shop/web", "v1", "ecr:PutImage"),
        ("GET", "/v2/shop/web/blobs/sha256:ab", "shop/web", "sha256:ab", "ecr:GetDownloadUrlForLayer"),
        ("HEAD", "/v2/web/blobs/sha256:ab", "web", "sha256:ab", "ecr:BatchCheckLayerAvailability"),
        ("POST", "/v2/shop/web/blobs/uploads/", "shop/web", "", "ecr:InitiateLayerUpload"),
        ("PATCH", "/v2/shop/web/blobs/uploads/u-1", "shop/web", "u-1", "ecr:UploadLayerPart"),
        ("PUT", "/v2/shop/web/blobs/uploads/u-1", "shop/web", "u-1", "ecr:CompleteLayerUpload"),
        ("GET", "/v2/a/b/c/tags/list", "a/b/c", "list", "ecr:ListImages"),
    ],
)
def test_a_request_asks_for_ecrs_own_action(
    method: str, path: str, repository: str, reference: str, action: str
) -> None:
    found = asked(method, path)

    assert found is not None
    assert (found.repository, found.reference, found.action) == (repository, reference, action)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2/_catalog"),
        ("DELETE", "/v2/shop/web/manifests/v1"),
        ("GET", "/v2/Shop/manifests/v1"),
        ("GET", "/v2/../etc/manifests/v1"),
        ("POST", "/v2/shop/web/manifests/v1"),
    ],
)
def test_what_ecrs_registry_does_not_serve_is_nothing(method: str, path: str) -> None:
    assert asked(method, path) is None


def test_a_layer_is_not_taken_over_from_another_repository() -> None:
    assert without_mount("mount=sha256%3Aab&from=shop%2Fapi&digest=sha256%3Acd") == "digest=sha256%3Acd"
