"""Flux's Kustomization. Ready says that the revision was applied; that it is healthy, too, where it is told to wait."""

from collections.abc import Mapping
from typing import Any

from deployer.gitops.place import Place
from deployer.gitops.state import Reached, State

GROUP, VERSION, PLURAL, KIND = "kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization"
# Reasons of Ready=False that pass by themselves: what it depends on, or its source, is not there yet.
_PASSING = ("DependencyNotReady", "ArtifactFailed", "Progressing", "ProgressingWithRetry")

Json = Mapping[str, Any]


def path(place: Place) -> str:
    return f"/apis/{GROUP}/{VERSION}/namespaces/{place.namespace}/{PLURAL}/{place.application}"


def refusal(found: Json) -> str:
    spec = found.get("spec") or {}
    if spec.get("suspend"):
        return "it is suspended: flux resume kustomization"
    if not (spec.get("wait") or spec.get("healthChecks")):
        return "it does not watch what it applies: give it `spec.wait: true`, or `healthChecks`"
    return ""


def judge(found: Json, reached: Reached) -> State:
    status = found.get("status") or {}
    generation = int((found.get("metadata") or {}).get("generation") or 0)
    if refused := refusal(found):
        return State("broken", refused)
    if int(status.get("observedGeneration") or 0) < generation:
        return State("waiting", "its own last change is not observed yet")
    conditions = {str(each.get("type")): each for each in status.get("conditions") or ()}
    ready, stalled = conditions.get("Ready", {}), conditions.get("Stalled", {})
    if stalled.get("status") == "True":
        return State("broken", _told("stalled", stalled))
    applied, attempted = (_revision(status.get(f"last{each}Revision")) for each in ("Applied", "Attempted"))
    if reached([applied]) and ready.get("status") == "True" and _current(ready, generation):
        return State("healthy", "applied and Ready")
    if reached([attempted]) and ready.get("status") == "False" and ready.get("reason") not in _PASSING:
        return State("broken", _told("not Ready", ready))
    seen = f"applied {applied[:12] or 'nothing yet'}, tried {attempted[:12] or 'nothing yet'}"
    return State("waiting", _told(seen, ready))


def _revision(text: object) -> str:
    """`main@sha1:COMMIT`, or `main/COMMIT` of old ones -> COMMIT."""
    return str(text or "").rpartition(":")[2].rpartition("/")[2]


def _current(condition: Json, generation: int) -> bool:
    return int(condition.get("observedGeneration") or generation) >= generation


def _told(words: str, condition: Json) -> str:
    said = ": ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
    return f"{words}; {said}" if said else words
