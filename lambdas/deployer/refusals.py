"""The server's refusals, in words that tell what to do. Pure."""

import re

from deployer.desired import Item
from deployer.errors import Fatal
from deployer.kube.errors import ApiError
from deployer.kube.quoted import quoting_nothing

RECREATE_NOTE = "shipline.dev/recreate"
FORCE_NOTE = "shipline.dev/force-conflicts"
MOST_TOLD = 8

# The server's own wordings of "this field never changes"; nothing else is taken for it, or a typo would delete.
_IMMUTABLE = (
    "field is immutable",
    "is immutable after creation",
    "is immutable once set",
    "updates to statefulset spec for fields other than",
    "may not be changed",
    "may not change once set",
    "pod updates may not change fields other than",
    "updates to parameters are forbidden",
    "updates to provisioner are forbidden",
    "cannot change roleref",
    "spec is immutable",
)
_WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"')


def is_immutable(error: ApiError) -> bool:
    message = error.status.message.lower()
    return error.status.code == 422 and any(words in message for words in _IMMUTABLE)


def wants(item: Item, note: str) -> bool:
    return (item.object["metadata"].get("annotations") or {}).get(note) == "true"


def explain(error: ApiError, item: Item) -> Fatal:
    """The refusal of an object, without what it quotes of values that are or may be secrets."""
    error = quoting_nothing(error, item.object)
    fields = error.status.conflicts
    if fields:
        owners = "; ".join(f"{field} ({text})" for field, text in fields)
        return Fatal(
            f"other field managers own what the release sets: {owners}.",
            subject=error.subject,
            remedy="Leave the field out. To take it over: annotate the object with "
            f'{FORCE_NOTE}: "true", or set `force_conflicts` for the environment.',
        )
    if is_immutable(error):
        return Fatal(
            f"a field that cannot be changed was changed: {_words(error, item)}.",
            subject=error.subject,
            remedy=f'Give the object a new name, or annotate it with {RECREATE_NOTE}: "true" to have it replaced.',
        )
    reason, remedy = _known(error)
    words = f"{reason}: {_words(error, item)}" if reason else _words(error, item)
    return Fatal(words, subject=error.subject, remedy=remedy or error.remedy, kind=error.kind)


def _known(error: ApiError) -> tuple[str, str]:
    """(what it is, what to do) of the refusals that have nothing to do with the object itself."""
    status, message = error.status, error.status.message
    webhook = _WEBHOOK.search(message)
    if webhook:
        return (
            f"the webhook {webhook[1]} did not answer",
            "Look at the service behind it; while it is down, nothing that it watches can be written.",
        )
    if status.code == 403 and "exceeded quota" in message:
        return "the namespace's quota is used up", "Raise the ResourceQuota, or ask for less."
    if any(reason == "NamespaceTerminating" for reason, _, _ in status.causes) or "being terminated" in message:
        return (
            "the namespace is being deleted",
            "Wait until it is gone, look for finalizers that keep it, then deploy the stack that makes it.",
        )
    if status.code == 404 and "could not find the requested resource" in message:
        return "the server does not serve this kind", "Its definition was deleted, or is not established yet."
    if status.code == 404 and 'namespaces "' in message:
        return "its namespace is not there", "Bring the Namespace with the release, or make it first."
    return "", ""


def _words(error: ApiError, item: Item) -> str:
    """The server's message; that of a Secret is cut to the fields it names, whatever was found to be quoted."""
    if item.key.kind != "Secret":
        return error.status.message or error.reason
    fields = ", ".join(sorted({field for _, field, _ in error.status.causes if field}))
    return f"the server refused it (HTTP {error.status.code} {error.status.reason}{': ' + fields if fields else ''})"


def together(refused: list[Fatal], so: str = ", nothing was changed") -> Fatal:
    """One error for all of them."""
    if len(refused) == 1:
        return refused[0]
    told = [str(each) for each in refused[:MOST_TOLD]]
    more = len(refused) - len(told)
    lines = "\n".join([*told, *([f"and {more} more"] if more else [])])
    return Fatal(f"{len(refused)} objects are refused{so}:\n{lines}", kind=refused[0].kind)
