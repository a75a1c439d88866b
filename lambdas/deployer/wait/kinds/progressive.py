"""Argo Rollouts' Rollout and AnalysisRun, and Flagger's Canary: their controllers say a phase, and a message with it.

A phase that has not been said yet is waited for until it is plain that no controller takes the object up.
"""

from deployer.objects import Object
from deployer.wait.graces import TAKEN_UP
from deployer.wait.health import READY, Health, condition, failed, progressing, status_of

PROMOTED = "Promoted"  # Flagger's one condition
FAILED = "Failed"


def rollout(item: Object) -> Health:
    """Degraded is what an abort, a failed analysis or a deadline that is over come to; only another spec mends it."""
    status = status_of(item)
    phase, said = str(status.get("phase") or ""), _said(status)
    if status.get("abort"):
        return failed(f"it was aborted{said}")
    match phase:
        case "Healthy":
            return READY
        case "Degraded":
            return failed(f"it is degraded{said}")
        case "Paused":
            return progressing(f"it is paused{said}; somebody has to promote or abort it, unless its pause has an end")
        case "":
            return _silent("Argo Rollouts")
        case _:
            return progressing(f"it is {phase}{said}")


def analysis(item: Object) -> Health:
    """An AnalysisRun that a release brings is waited for until it has come to its end, as a Job is."""
    status = status_of(item)
    phase = str(status.get("phase") or "")
    if phase == "Successful":
        return READY
    if phase in (FAILED, "Error", "Inconclusive"):
        return failed(f"the analysis ended as {phase}{_said(status)}")
    return progressing(f"the analysis is {phase}{_said(status)}") if phase else _silent("Argo Rollouts")


def canary(item: Object) -> Health:
    """A status names no generation, so that Failed may be of the release before: `complaints` gives it time."""
    status = status_of(item)
    phase = str(status.get("phase") or "")
    told = condition(item, PROMOTED).get("message")
    said = f": {told}" if told else ""
    if phase in ("Initialized", "Succeeded"):
        return READY
    if phase == FAILED:
        return progressing(f"its analysis has failed{said}")
    weight = f" at {status['canaryWeight']} %" if status.get("canaryWeight") else ""
    return progressing(f"it is {phase}{weight}{said}") if phase else _silent("Flagger")


def has_failed(canary: Object) -> bool:
    return status_of(canary).get("phase") == FAILED


def _said(status: dict[str, object]) -> str:
    return f": {status['message']}" if status.get("message") else ""


def _silent(controller: str) -> Health:
    return progressing(f"{controller} has not taken it up", TAKEN_UP)
