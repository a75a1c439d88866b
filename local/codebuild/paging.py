"""Pages of a list: the token says where the next one begins."""

import base64
import binascii
from typing import Any

from local.codebuild.faults import invalid

PAGE = 100
Document = dict[str, Any]


def page(member: str, items: list[Any], request: Document) -> Document:
    """One page as `{member: [...], nextToken}`; `request` may hold nextToken and maxResults."""
    start = _start(request.get("nextToken", ""))
    size = request.get("maxResults", PAGE)
    answer: Document = {member: items[start : start + size]}
    if start + size < len(items):
        answer["nextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
    return answer


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise invalid(f"Invalid token: {token}") from None
