"""ECR's evaluation of a lifecycle policy, as its user guide words it; moto and the machine keep policies and run none.

- An image is expired by exactly one rule or by none.
- An image that matches the tags of a rule cannot be expired by a rule with a lower priority (a higher number).
- A rule counts images that a rule before it has marked or holds as if they were not.
- A list of prefixes matches an image when each of them begins one of its tags.
- `imageCountMoreThan` expires the oldest by time of push, `sinceImagePushed` those that are older than so many days.
- What an index names is not expired before the index is.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kept:
    digest: str
    pushed: dt.datetime
    tags: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # of an index: the digests of its images


def expired(policy: Mapping[str, Any], images: Iterable[Kept], now: dt.datetime) -> set[str]:
    """The digests that ECR would take away."""
    newest = sorted(images, key=lambda image: image.pushed, reverse=True)
    held: set[str] = set()
    gone: set[str] = set()
    for rule in sorted(policy["rules"], key=lambda rule: rule["rulePriority"]):
        assert rule["action"] == {"type": "expire"}
        matching = [image for image in newest if _matches(rule["selection"], image)]
        gone |= {image.digest for image in _over(rule["selection"], matching, now)} - held
        held |= {image.digest for image in matching}
    named = {digest for image in newest if image.digest not in gone for digest in image.names}
    return gone - named


def _matches(selection: Mapping[str, Any], image: Kept) -> bool:
    match selection["tagStatus"]:
        case "any":
            return True
        case "untagged":
            return not image.tags
        case "tagged":
            wanted = selection["tagPrefixList"]
            return all(any(tag.startswith(prefix) for tag in image.tags) for prefix in wanted)
    raise AssertionError(selection)


def _over(selection: Mapping[str, Any], matching: list[Kept], now: dt.datetime) -> list[Kept]:
    count = selection["countNumber"]
    if selection["countType"] == "imageCountMoreThan":
        return matching[count:]
    assert (selection["countType"], selection["countUnit"]) == ("sinceImagePushed", "days")
    return [image for image in matching if now - image.pushed > dt.timedelta(days=count)]
