"""A pipeline as it is declared: frozen, checked once, the same for its whole version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ExecutionMode = Literal["SUPERSEDED", "QUEUED"]
RetryMode = Literal["FAILED_ACTIONS", "ALL_ACTIONS"]


@dataclass(frozen=True)
class ActionType:
    category: str
    owner: str
    provider: str
    version: str

    def document(self) -> dict[str, str]:
        return {
            "category": self.category,
            "owner": self.owner,
            "provider": self.provider,
            "version": self.version,
        }


@dataclass(frozen=True)
class Action:
    name: str
    type: ActionType
    run_order: int
    configuration: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    role_arn: str | None
    region: str | None
    namespace: str | None
    timeout: int | None  # minutes


@dataclass(frozen=True)
class OnFailure:
    """What follows a failed stage: going back, or one retry of its own."""

    result: Literal["FAIL", "ROLLBACK", "RETRY"]
    retry_mode: RetryMode = "FAILED_ACTIONS"


@dataclass(frozen=True)
class Rule:
    name: str
    provider: str
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    when: str  # beforeEntry, onSuccess, onFailure
    result: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Stage:
    name: str
    actions: tuple[Action, ...]
    on_failure: OnFailure | None
    conditions: tuple[Condition, ...] = ()

    def condition(self, when: str) -> Condition | None:
        return next((each for each in self.conditions if each.when == when), None)

    @property
    def groups(self) -> tuple[tuple[Action, ...], ...]:
        """The actions by runOrder, ascending; those of one group run side by side."""
        orders = sorted({action.run_order for action in self.actions})
        return tuple(tuple(action for action in self.actions if action.run_order == order) for order in orders)

    def action(self, name: str) -> Action:
        return next(action for action in self.actions if action.name == name)


@dataclass(frozen=True)
class Store:
    bucket: str
    kms_key: str | None


@dataclass(frozen=True)
class Variable:
    name: str
    default: str | None


@dataclass(frozen=True)
class Pipeline:
    name: str
    version: int
    role_arn: str
    mode: ExecutionMode
    stages: tuple[Stage, ...]
    stores: Mapping[str, Store]  # by region; "" is the one store of a pipeline without regions
    variables: tuple[Variable, ...]
    document: Mapping[str, Any]  # the declaration in the API's words, its version included

    def store(self, region: str) -> Store:
        return self.stores.get(region) or self.stores[""]

    def stage(self, name: str) -> Stage:
        return self.stages[self.position(name)]

    def position(self, name: str) -> int:
        return next(number for number, stage in enumerate(self.stages) if stage.name == name)
