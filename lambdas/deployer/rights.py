"""What the deployer may do, as the API server says: asked where an answer of "no" is no error."""

import json

from deployer.kube.call import Call
from deployer.kube.client import Kube

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def may_write_namespace(kube: Kube, name: str) -> bool:
    """Whether a Namespace can be part of a release: written by name, and found by a LIST as every kind is."""
    asked = [{"resource": "namespaces", "verb": "patch", "name": name}, {"resource": "namespaces", "verb": "list"}]
    answers = kube.many(_review(each) for each in asked)
    return all(isinstance(answer, dict) and answer["status"]["allowed"] is True for answer in answers)


def _review(attributes: dict[str, str]) -> Call:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return Call("POST", _REVIEWS, "", body=json.dumps(body).encode())
