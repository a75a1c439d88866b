"""The answer that CloudFormation waits for, put where its presigned URL says."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

LONGEST = 3000  # characters of a reason; CloudFormation takes 4096 bytes for the whole answer
TRIES = 4


@dataclass(frozen=True)
class Answer:
    status: Literal["SUCCESS", "FAILED"]
    resource: str  # the physical id: another one than before makes CloudFormation delete the former
    reason: str = ""


def send(event: Mapping[str, Any], answer: Answer) -> None:
    """OSError when CloudFormation cannot be reached; it would then wait for its timeout."""
    body = {
        "Status": answer.status,
        "Reason": answer.reason[:LONGEST],
        "PhysicalResourceId": answer.resource,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {},
    }
    # The URL is signed for an empty content type.
    request = urllib.request.Request(  # noqa: S310 - the URL is CloudFormation's
        event["ResponseURL"], json.dumps(body).encode(), {"Content-Type": ""}, method="PUT"
    )
    for attempt in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == TRIES - 1:
                raise
        except OSError:
            if attempt == TRIES - 1:
                raise
        time.sleep(2**attempt)
