"""Paged lists: `nextToken` is where the next page begins."""

from collections.abc import Callable, Sequence
from typing import Any

from local.wire import Fault

Document = dict[str, Any]


def page(
    items: Sequence[Any], key: str, given: Document, show: Callable[[Any], Any] = lambda item: item, limit: int = 100
) -> Document:
    """One page of `items` under `key`, with the token of the next when there is one."""
    token = given.get("nextToken", "0")
    if not token.isdigit():
        raise Fault("InvalidNextTokenException", "The next token is not one that this operation gave")
    first = int(token)
    last = first + given.get("maxResults", limit)
    found: Document = {key: [show(item) for item in items[first:last]]}
    if last < len(items):
        found["nextToken"] = str(last)
    return found


def present(**members: Any) -> Document:
    """A structure without the members that are not there."""
    return {key: value for key, value in members.items() if value is not None}
