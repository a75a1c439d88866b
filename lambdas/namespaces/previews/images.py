"""The images that the builds of a pull request have pushed: known by the beginning of their tags."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from namespaces.eks import TIMEOUT, Account
from namespaces.errors import NotYet, Refused
from namespaces.signature import Signer

API = "AmazonEC2ContainerRegistry_V20150921"
MOST = 100  # images of one deletion

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]  # an operation of ECR, what it is given → its answer


def delete(ask: Ask, repository: str, number: int) -> int:
    """How many tags of a pull request's builds were deleted; an image goes with its last tag."""
    tags = [tag for tag in _tags(ask, repository) if tag.startswith(f"pr-{number}-")]
    for at in range(0, len(tags), MOST):
        given = [{"imageTag": tag} for tag in tags[at : at + MOST]]
        answer = ask("BatchDeleteImage", {"repositoryName": repository, "imageIds": given})
        for failure in answer.get("failures") or []:
            print(f"kept in {repository}: {failure.get('failureReason')}; it expires")
    return len(tags)


def _tags(ask: Ask, repository: str) -> Iterator[str]:
    given: dict[str, Any] = {"repositoryName": repository, "filter": {"tagStatus": "TAGGED"}, "maxResults": 1000}
    while True:
        answer = ask("ListImages", given)
        yield from (each["imageTag"] for each in answer.get("imageIds") or [] if "imageTag" in each)
        if not answer.get("nextToken"):
            return
        given = {**given, "nextToken": answer["nextToken"]}


def ecr(account: Account, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """One call of ECR; NotYet while the function's own policy is not in force, or ECR stumbles."""
    url, body = f"{account.url('api.ecr')}/", json.dumps(given).encode()
    more = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"{API}.{operation}"}
    headers = Signer(account.credentials, account.region, "ecr", datetime.now(UTC)).headers(url, body, more)
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - AWS's own
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            found: Mapping[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        said = f"ecr:{operation}: {error.code} {error.read().decode(errors='replace')[:500]}"
        passing = error.code == 429 or error.code >= 500 or "AccessDenied" in said or "Throttling" in said
        raise (NotYet if passing else Refused)(said) from error
    except OSError as error:
        raise NotYet(f"{url} does not answer: {error}") from error
