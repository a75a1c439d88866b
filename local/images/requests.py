"""What a request to the registry asks for, and which of ECR's actions that is."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_ROUTES = (
    ("uploads", re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<reference>[^/]*)$")),
    ("blobs", re.compile(rf"/v2/{_NAME}/blobs/(?P<reference>[^/]+)$")),
    ("manifests", re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)$")),
    ("tags", re.compile(rf"/v2/{_NAME}/tags/(?P<reference>list)$")),
)
_ACTIONS = {
    ("GET", "manifests"): "ecr:BatchGetImage",
    ("HEAD", "manifests"): "ecr:BatchGetImage",
    ("PUT", "manifests"): "ecr:PutImage",
    ("GET", "blobs"): "ecr:GetDownloadUrlForLayer",
    ("HEAD", "blobs"): "ecr:BatchCheckLayerAvailability",
    ("POST", "uploads"): "ecr:InitiateLayerUpload",
    ("GET", "uploads"): "ecr:InitiateLayerUpload",
    ("PATCH", "uploads"): "ecr:UploadLayerPart",
    ("PUT", "uploads"): "ecr:CompleteLayerUpload",
    ("DELETE", "uploads"): "ecr:InitiateLayerUpload",
    ("GET", "tags"): "ecr:ListImages",
}
PULL_ACTIONS = frozenset({"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"})


@dataclass(frozen=True)
class Asked:
    """`what` is one of uploads, blobs, manifests, tags; `reference` a tag, digest or upload id."""

    method: str
    what: str
    repository: str
    reference: str
    action: str


def asked(method: str, path: str) -> Asked | None:
    """None for what ECR's registry does not serve, such as the catalog or deleting."""
    for what, pattern in _ROUTES:
        found = pattern.match(path)
        if found:
            action = _ACTIONS.get((method, what))
            return Asked(method, what, found["name"], found["reference"], action) if action else None
    return None


def without_mount(query: str) -> str:
    """Layers are not taken over from another repository: as with ECR's default, they are uploaded."""
    return urlencode([(key, value) for key, value in parse_qsl(query) if key not in ("mount", "from")])
