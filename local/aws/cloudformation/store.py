"""The account's stacks and change sets; the part of CloudFormation's state that is kept over a restart."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException

from local.aws.cloudformation.stack import ChangeSet, Output, Stack


class Refused(ServiceException):
    """An error of the CloudFormation API."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def invalid(message: str) -> Refused:
    return Refused("ValidationError", message)


@dataclass
class Stacks:
    account: str
    region: str
    stacks: dict[str, Stack] = field(default_factory=dict)  # by id; deleted ones stay
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)  # by id

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:cloudformation:{self.region}:{self.account}:{kind}/{name}/{uuid.uuid4()}"

    def living(self) -> list[Stack]:
        return [stack for stack in self.stacks.values() if stack.status != "DELETE_COMPLETE"]

    def find(self, name_or_id: str) -> Stack | None:
        """Deleted stacks answer to their id only."""
        if name_or_id in self.stacks:
            return self.stacks[name_or_id]
        return next((stack for stack in self.living() if stack.name == name_or_id), None)

    def get(self, name_or_id: str) -> Stack:
        stack = self.find(name_or_id)
        if stack is None:
            raise invalid(f"Stack with id {name_or_id} does not exist")
        return stack

    def add(self, name: str) -> Stack:
        stack = Stack(self.arn("stack", name), name)
        self.stacks[stack.id] = stack
        return stack

    def change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """By its ARN, or by its name within a stack: two stacks' change sets of one name are two."""
        if name_or_id in self.change_sets:
            return self.change_sets[name_or_id]
        stack = self.find(stack_name) if stack_name else None
        for change_set in reversed(list(self.change_sets.values())):
            if change_set.name == name_or_id and change_set.stack is stack:
                return change_set
        raise Refused("ChangeSetNotFound", f"ChangeSet [{name_or_id}] does not exist")

    @property
    def exports(self) -> dict[str, Any]:
        """By name, as moto's parser reads them."""
        return {export.name: export for stack in self.living() for export in _exports(stack)}

    def importers(self, export: str) -> list[str]:
        return [stack.name for stack in self.living() if export in stack.imports]


@dataclass(frozen=True)
class Export:
    stack_id: str
    name: str
    value: str


def _exports(stack: Stack) -> list[Export]:
    return [Export(stack.id, each.export, each.value) for each in stack.outputs if each.export]


def exported(outputs: list[Output]) -> set[str]:
    return {each.export for each in outputs if each.export}
