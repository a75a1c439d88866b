"""Namespaces: active."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, progressing, status_of


def health(item: Object) -> Health:
    phase = status_of(item).get("phase")
    return READY if phase == "Active" else progressing(f"it is {phase or 'not active yet'}")
