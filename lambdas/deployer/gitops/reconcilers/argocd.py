"""Argo CD's Application. Its own `argocd app wait` goes by the same facts: what was judged before the sync's end is
old."""

from collections.abc import Iterator, Mapping
from typing import Any

from deployer.gitops.place import Place
from deployer.gitops.state import Reached, State

GROUP, VERSION, PLURAL, KIND = "argoproj.io", "v1alpha1", "applications", "Application"
_FAILED = ("Failed", "Error")

Json = Mapping[str, Any]


def path(place: Place) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{place.namespace}/{PLURAL}/{place.application}"


def refusal(found: Json) -> str:
    """An Application that nothing syncs may still be synced by hand: that is waited for."""
    return ""


def judge(found: Json, reached: Reached) -> State:
    status = found.get("status") or {}
    sync, operation = status.get("sync") or {}, status.get("operationState") or {}
    health = str((status.get("health") or {}).get("status") or "Unknown")
    if operation.get("phase") in _FAILED and reached(_synced(operation)):
        return State("broken", _told(f"the sync failed: {operation.get('message') or operation['phase']}", status))
    revisions = _revisions(sync)
    if not reached(revisions):
        seen = ", ".join(each[:12] for each in revisions) or "none yet"
        return State("waiting", _told(f"the last revision that it compared is {seen}", status))
    if sync.get("status") != "Synced":
        return State("waiting", _told(f"{sync.get('status') or 'Unknown'}{_by_hand(found)}", status))
    if _stale(status, operation):
        return State("waiting", "Synced; its health is not known anew yet")
    if health == "Healthy":
        return State("healthy", "Synced and Healthy")
    if health in ("Degraded", "Missing"):
        return State("broken", _told(f"Synced, and {health}", status))
    if health == "Suspended":
        return State("waiting", _told("Synced; a resource is suspended and waits for somebody", status))
    return State("waiting", _told(f"Synced, and {health}", status))


def _revisions(told: Json) -> list[str]:
    """Of one source, or of several."""
    return [str(each) for each in (told.get("revision"), *(told.get("revisions") or ())) if each]


def _synced(operation: Json) -> list[str]:
    """What an operation was to sync to."""
    asked = (operation.get("operation") or {}).get("sync") or {}
    return [*_revisions(operation.get("syncResult") or {}), *_revisions(asked)]


def _stale(status: Json, operation: Json) -> bool:
    """Whether the status was last made before the last operation ended. Times are RFC 3339 in UTC, of one form."""
    if operation and not operation.get("finishedAt"):
        return True
    return str(status.get("reconciledAt") or "") < str(operation.get("finishedAt") or "")


def _by_hand(found: Json) -> str:
    policy = (found.get("spec") or {}).get("syncPolicy") or {}
    automated = policy.get("automated")
    if automated is not None and automated.get("enabled", True):
        return ""
    return ", and nothing syncs it by itself: give it `syncPolicy: {automated: {}}`, or sync it by hand"


def _told(words: str, status: Json) -> str:
    return "\n".join([words, *_errors(status), *_unwell(status)])


def _errors(status: Json) -> Iterator[str]:
    for condition in status.get("conditions") or ():
        if str(condition.get("type", "")).endswith("Error"):
            yield f"{condition['type']}: {condition.get('message', '')}"


def _unwell(status: Json) -> Iterator[str]:
    """The resources that are not well, where the controller keeps their health here."""
    for resource in status.get("resources") or ():
        health = resource.get("health") or {}
        if health.get("status") in ("Degraded", "Missing"):
            message = f": {health['message']}" if health.get("message") else ""
            yield f"{resource.get('kind')} {resource.get('name')} is {health['status']}{message}"
