"""What clients ask of CloudFormation: stacks and change sets made, executed, deleted.

A request that starts an operation is held until the operation ends, for a few seconds at most: clients poll every
five seconds, and most operations here take less than one.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from local.aws.cloudformation.execution import Execution
from local.aws.cloudformation.registry import Registry
from local.aws.cloudformation.scope import Scope
from local.aws.cloudformation.stack import Change, ChangeSet, Request, Stack
from local.aws.cloudformation.store import Refused, Stacks, invalid

log = logging.getLogger("local.aws.cloudformation")
HOLD = 20.0  # seconds
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
# A stack in one of these must be deleted, or rolled back, before anything else is done with it.
STUCK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")


class Operations:
    """`stacks` is handed in anew when the kept state is loaded."""

    def __init__(self, stacks: Stacks, registry: Registry, changed: Callable[[], None]) -> None:
        self.stacks = stacks
        self.registry = registry
        self.changed = changed
        self._running: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def create_stack(self, name: str, request: Request, *, rollback: bool, token: str | None) -> Stack:
        if self.stacks.find(name):
            raise Refused("AlreadyExistsException", f"Stack [{name}] already exists")
        self._check(request)
        stack = self.stacks.add(name)
        self._create(stack, request, rollback=rollback, token=token)
        return stack

    def update_stack(self, name: str, request: Request, *, rollback: bool, token: str | None) -> Stack:
        stack = self.stacks.get(name)
        self._refuse_busy(stack)
        self._check(request)
        if stack.settled and self._same(stack, request):
            raise invalid("No updates are to be performed.")
        self._update(stack, request, rollback=rollback, token=token)
        return stack

    def delete_stack(self, name_or_id: str, token: str | None) -> None:
        stack = self.stacks.find(name_or_id)
        if stack is None or stack.status == "DELETE_COMPLETE":
            return
        if stack.protected:
            raise invalid(f"Stack [{stack.id}] cannot be deleted while TerminationProtection is enabled")
        for output in stack.outputs:
            users = [user for user in self.stacks.importers(output.export or "") if user != stack.name]
            if users:
                raise invalid(f"Export {output.export} cannot be deleted as it is in use by {' and '.join(users)}")
        self._begin(stack, "DELETE_IN_PROGRESS", token)
        self._run(stack, lambda execution: execution.delete())

    def roll_back(self, name: str, token: str | None) -> Stack:
        """RollbackStack and ContinueUpdateRollback: a stack that stopped half way goes back to where it was."""
        stack = self.stacks.get(name)
        if stack.status in ("CREATE_FAILED", "ROLLBACK_FAILED"):
            self._begin(stack, "ROLLBACK_IN_PROGRESS", token)
        elif stack.status in ("UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED"):
            self._begin(stack, "UPDATE_ROLLBACK_IN_PROGRESS", token)
        else:
            raise invalid(f"Stack [{stack.name}] is in {stack.status} state and can not be rolled back.")
        self._run(stack, lambda execution: execution.undo())
        return stack

    def create_change_set(
        self, stack_name: str, name: str, kind: str, request: Request, description: str | None
    ) -> ChangeSet:
        stack = self._stack_of_change_set(stack_name, name, kind)
        self._check(request)
        change_set = ChangeSet(
            self.stacks.arn("changeSet", name),
            name,
            stack,
            "UPDATE" if kind == "UPDATE" else "CREATE",
            request,
            description,
            _changes(stack, request),
        )
        if kind == "UPDATE" and stack.settled and self._same(stack, request):
            change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        self.stacks.change_sets[change_set.id] = change_set
        return change_set

    def execute_change_set(self, change_set: ChangeSet, *, rollback: bool, token: str | None) -> None:
        if change_set.execution != "AVAILABLE":
            raise Refused(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]",
            )
        self._refuse_busy(change_set.stack)
        change_set.execution = "EXECUTE_COMPLETE"
        for other in list(self.stacks.change_sets.values()):
            if other.stack is change_set.stack and other is not change_set:
                del self.stacks.change_sets[other.id]
        run = self._create if change_set.kind == "CREATE" else self._update
        run(change_set.stack, change_set.request, rollback=rollback, token=token)

    def resume(self) -> None:
        """Operations that a kill cut short are brought to their end."""
        for stack in self.stacks.living():
            if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
                self._run(stack, lambda execution: execution.resume(), hold=0)

    def _create(self, stack: Stack, request: Request, *, rollback: bool, token: str | None) -> None:
        self._begin(stack, "CREATE_IN_PROGRESS", token)
        self._run(stack, lambda execution: execution.create(request, rollback=rollback))

    def _update(self, stack: Stack, request: Request, *, rollback: bool, token: str | None) -> None:
        self._begin(stack, "UPDATE_IN_PROGRESS", token)
        self._run(stack, lambda execution: execution.update(request, rollback=rollback))

    def _begin(self, stack: Stack, status: str, token: str | None) -> None:
        with self._lock:
            self._refuse_busy(stack)
            stack.token = token
            stack.record(status, "User Initiated")

    def _run(self, stack: Stack, operation: Callable[[Execution], None], *, hold: float = HOLD) -> None:
        execution = Execution(self.stacks, self.registry, stack, self.changed)

        def run() -> None:
            try:
                operation(execution)
            except Exception as error:
                log.exception("an operation of stack %s failed", stack.name)
                failed = stack.status.removesuffix("_IN_PROGRESS") + "_FAILED"
                stack.record(failed, f"the local AWS failed: {type(error).__name__}: {error}")
            finally:
                self.changed()

        thread = threading.Thread(target=run, name=f"stack-{stack.name}", daemon=True)
        self._running[stack.id] = thread
        thread.start()
        thread.join(hold)

    def _refuse_busy(self, stack: Stack) -> None:
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")

    def _stack_of_change_set(self, stack_name: str, name: str, kind: str) -> Stack:
        stack = self.stacks.find(stack_name)
        if kind == "UPDATE":
            if stack is None:
                raise invalid(f"Stack [{stack_name}] does not exist")
            self._refuse_busy(stack)
            if stack.status in STUCK or stack.request is None:
                raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
            return stack
        if stack is None:
            stack = self.stacks.add(stack_name)
            stack.record("REVIEW_IN_PROGRESS", "User Initiated")
        elif stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(
                f"Stack [{stack_name}] already exists and cannot be created again with the changeSet [{name}]."
            )
        return stack

    def _check(self, request: Request) -> None:
        """Parameters that are missing or do not resolve fail the request, not the stack."""
        known = request.template.get("Parameters", {})
        unknown = sorted(set(request.parameters) - set(known))
        if unknown:
            raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
        missing = sorted(key for key in known if "Default" not in known[key] and key not in request.parameters)
        if missing:
            raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
        self._resolved(request)

    def _same(self, stack: Stack, request: Request) -> bool:
        before = stack.request
        return (
            before is not None
            and before.template == request.template
            and before.tags == request.tags
            and stack.resolved_parameters == self._resolved(request)
        )

    def _resolved(self, request: Request) -> dict[str, Any]:
        scope = Scope(
            stack_id="",
            stack_name="",
            template={key: request.template.get(key, {}) for key in ("Parameters", "Conditions", "Mappings")}
            | {"Resources": {}},
            parameters=request.parameters,
            exports=self.stacks.exports,
            account=self.stacks.account,
            region=self.stacks.region,
        )
        return dict(scope.resolved_parameters)


def _changes(stack: Stack, request: Request) -> list[Change]:
    """What the template says differently; what follows from it shows when it is executed."""
    before = stack.request.template["Resources"] if stack.request else {}
    now = request.template["Resources"]
    changes: list[Change] = []
    for name, body in now.items():
        existing = stack.resources.get(name)
        if name not in before:
            changes.append(Change("Add", name, body["Type"], None))
        elif body != before[name]:
            changes.append(
                Change("Modify", name, body["Type"], existing.physical_resource_id if existing else None, "Conditional")
            )
    for name, body in before.items():
        if name not in now:
            gone = stack.resources.get(name)
            changes.append(Change("Remove", name, body["Type"], gone.physical_resource_id if gone else None))
    return changes
