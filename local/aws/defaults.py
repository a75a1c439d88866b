"""moto as a long-running account instead of a test double: settings, and two habits that it has to give up."""

import os

import moto.iam.models
from moto.core.common_models import BaseModel


def apply() -> None:
    """Before any backend is made."""
    # Roles of a template attach AWS's managed policies, and the gate reads what they allow.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # A key is looked for in each partition, which would read AWS's policies six times.
    moto.iam.models.PARTITION_NAMES = ["aws"]
    # moto remembers every object that was ever made, for its tests to reset: a leak here.
    BaseModel.__new__ = _untracked  # type: ignore[method-assign]


def _untracked(cls: type, *args: object, **kwargs: object) -> object:
    return object.__new__(cls)
