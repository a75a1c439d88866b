"""Bringing a stack about: one operation, in a thread of its own, whose end is always a state to deploy from.

resolve in dependency order → create | update | replace | leave → delete what the template no longer has → outputs.
When a resource fails, a new stack is deleted again (ROLLBACK_COMPLETE) and an old one is brought back to what it was
(UPDATE_ROLLBACK_COMPLETE); a kill in the middle is a failure, found at the next start.
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException

from local.aws.cloudformation.dynamic import resolved as dynamic_resolved
from local.aws.cloudformation.graph import order
from local.aws.cloudformation.naming import physical_name
from local.aws.cloudformation.registry import Registry, UnknownType
from local.aws.cloudformation.resource import CannotChange, Deployed, Desired, ResourceFailed
from local.aws.cloudformation.scope import Scope
from local.aws.cloudformation.stack import Output, Request, Stack
from local.aws.cloudformation.store import Stacks, exported

log = logging.getLogger("local.aws.cloudformation")
RETAINED = ("Retain", "RetainExceptOnCreate")


class Stopped(Exception):
    """A resource failed; its event is written."""

    def __init__(self, logical_ids: list[str]) -> None:
        super().__init__(", ".join(logical_ids))
        self.logical_ids = logical_ids


class Execution:
    """One stack's operations, one after the other; `changed` is called after each step, to have it kept."""

    def __init__(self, stacks: Stacks, registry: Registry, stack: Stack, changed: Callable[[], None]) -> None:
        self.stacks = stacks
        self.registry = registry
        self.stack = stack
        self.changed = changed

    def create(self, request: Request, *, rollback: bool) -> None:
        stack = self.stack
        try:
            self._bring_about(request)
        except Stopped as stopped:
            failed = f"The following resource(s) failed to create: [{stopped}]. "
            if not rollback:
                stack.record("CREATE_FAILED", failed)
                return
            stack.record("ROLLBACK_IN_PROGRESS", failed + "Rollback requested by user.")
            self._undo_creation()
            return
        self._settle(request, "CREATE_COMPLETE")

    def update(self, request: Request, *, rollback: bool) -> None:
        stack = self.stack
        try:
            self._bring_about(request)
        except Stopped as stopped:
            failed = f"The following resource(s) failed to update: [{stopped}]. "
            if not rollback:
                stack.record("UPDATE_FAILED", failed)
                return
            self.roll_back(failed)
            return
        stack.record("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._settle(request, "UPDATE_COMPLETE")

    def roll_back(self, reason: str) -> None:
        """An old stack back to its last request."""
        stack = self.stack
        stack.record("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        if stack.request is None:
            raise AssertionError("a stack that was updated has been created")
        stack.replaced = [self._reinstated(old) for old in stack.replaced]
        try:
            self._bring_about(stack.request)
        except Stopped as stopped:
            stack.record("UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{stopped}]. ")
            return
        self._settle(stack.request, "UPDATE_ROLLBACK_COMPLETE")

    def _reinstated(self, old: Deployed) -> Deployed:
        """The resource that took the old one's place, which now has to go in its stead."""
        fresh = self.stack.resources[old.logical_resource_id]
        self.stack.resources[old.logical_resource_id] = old
        return fresh

    def _undo_creation(self) -> None:
        try:
            self._delete_all(retain=False)
        except Stopped as stopped:
            self.stack.record("ROLLBACK_FAILED", f"The following resource(s) failed to delete: [{stopped}]. ")
            return
        self.stack.settled = True
        self.stack.record("ROLLBACK_COMPLETE")

    def delete(self) -> None:
        try:
            self._delete_all(retain=True)
        except Stopped as stopped:
            self.stack.record("DELETE_FAILED", f"The following resource(s) failed to delete: [{stopped}]. ")
            return
        self.stack.outputs, self.stack.imports = [], set()
        self.stack.record("DELETE_COMPLETE")

    def resume(self) -> None:
        """After a kill: what was being made is undone, what was being changed goes back, a deletion goes on."""
        if self.stack.status.startswith("DELETE"):
            self.delete()
            return
        verb = "UPDATE_ROLLBACK" if self.stack.status.startswith("UPDATE") else "ROLLBACK"
        self.stack.record(f"{verb}_IN_PROGRESS", "The local AWS was stopped in the middle of the operation. ")
        self.undo()

    def undo(self) -> None:
        """A stack whose rollback has begun."""
        if self.stack.status.startswith("UPDATE"):
            self.roll_back(self.stack.reason or "")
        else:
            self._undo_creation()

    # The steps of one request.

    def _bring_about(self, request: Request) -> None:
        self.stack.settled, self.stack.wanted = False, request
        scope = self._scope(request)
        template = request.template["Resources"]
        ordered = [name for name in order(template) if scope.holds(template[name])]
        for logical_id in ordered:
            self._resource(logical_id, template[logical_id], scope, request)
            self.changed()
        outputs = self._outputs(request, scope)
        self._cleanup(set(ordered))
        self.stack.order = ordered
        self.stack.outputs, self.stack.resolved_parameters = outputs, dict(scope.resolved_parameters)
        self.stack.imports = _imports(request.template, scope)

    def _scope(self, request: Request) -> Scope:
        return Scope(
            stack_id=self.stack.id,
            stack_name=self.stack.name,
            template=request.template,
            parameters=request.parameters,
            exports=self.stacks.exports,
            account=self.stacks.account,
            region=self.stacks.region,
        )

    def _resource(self, logical_id: str, body: dict[str, Any], scope: Scope, request: Request) -> None:
        existing = self.stack.resources.get(logical_id)
        type_name = body["Type"]
        pending = Deployed(logical_id, type_name, existing.physical_resource_id if existing else "", {})
        verb = "UPDATE" if existing else "CREATE"
        try:
            properties = self._properties(body, scope)
            if existing and existing.type_name == type_name and existing.properties == properties:
                existing.policy = body.get("DeletionPolicy", "Delete")
                scope.put(existing)
                return
            self._refuse_invalid(type_name, properties)
            desired = self._desired(logical_id, type_name, properties, request)
            self.stack.note(pending, f"{verb}_IN_PROGRESS")
            fresh = self._made(existing, desired)
        except FAILURES as error:
            self._fail(pending, f"{verb}_FAILED", error)
        except Exception as error:
            log.exception("%s %s failed", type_name, logical_id)
            self._fail(pending, f"{verb}_FAILED", error)
        fresh.policy = body.get("DeletionPolicy", "Delete")
        self.stack.resources[logical_id] = fresh
        if logical_id not in self.stack.order:
            self.stack.order.append(logical_id)
        scope.put(fresh)
        self.stack.note(fresh, f"{verb}_COMPLETE")

    def _properties(self, body: dict[str, Any], scope: Scope) -> dict[str, Any]:
        properties = scope.resolve(body.get("Properties", {}))
        return dict(dynamic_resolved(properties, self.registry.aws))

    def _refuse_invalid(self, type_name: str, properties: dict[str, Any]) -> None:
        self.registry.provider(type_name)
        problems = self.registry.problems(type_name, properties)
        if problems:
            raise ResourceFailed(f"Properties validation failed for resource with message: {'; '.join(problems)}")

    def _desired(self, logical_id: str, type_name: str, properties: dict[str, Any], request: Request) -> Desired:
        stack = self.stack
        name = physical_name(type_name, stack.name, logical_id)
        return Desired(logical_id, type_name, properties, stack.id, stack.name, name, request.tags)

    def _made(self, existing: Deployed | None, desired: Desired) -> Deployed:
        provider = self.registry.provider(desired.type_name)
        if existing is None:
            return provider.create(desired)
        same = existing.type_name == desired.type_name
        if same and not self.registry.replaces(desired.type_name, existing.properties, desired.properties):
            return self._updated(existing, desired)
        fresh = provider.create(desired)
        self.stack.replaced.append(existing)
        return fresh

    def _updated(self, existing: Deployed, desired: Desired) -> Deployed:
        """A change that fails half way leaves the resource as wished for, so that going back changes it again."""
        try:
            return self.registry.provider(desired.type_name).update(existing, desired)
        except CannotChange:
            raise
        except BaseException:
            existing.properties = desired.properties
            raise

    def _cleanup(self, kept: set[str]) -> None:
        """What the template no longer has goes, last made first; what cannot go is left behind, as on AWS."""
        gone = [self.stack.resources.pop(name) for name in reversed(self.stack.order) if self._obsolete(name, kept)]
        for resource in [*reversed(self.stack.replaced), *gone]:
            if resource.policy not in RETAINED:
                self._delete_one(resource)
            self.changed()
        self.stack.replaced = []

    def _obsolete(self, logical_id: str, kept: set[str]) -> bool:
        return logical_id not in kept and logical_id in self.stack.resources

    def _delete_all(self, *, retain: bool) -> None:
        failed: list[str] = []
        for logical_id in list(reversed(self.stack.order)):
            resource = self.stack.resources.get(logical_id)
            if resource is None:
                continue
            if retain and resource.policy in RETAINED:
                self.stack.note(resource, "DELETE_SKIPPED")
            elif not self._delete_one(resource):
                failed.append(logical_id)
                continue
            del self.stack.resources[logical_id]
            self.changed()
        self.stack.order = [name for name in self.stack.order if name in self.stack.resources]
        if failed:
            raise Stopped(failed)

    def _delete_one(self, resource: Deployed) -> bool:
        self.stack.note(resource, "DELETE_IN_PROGRESS")
        try:
            self.registry.provider(resource.type_name).delete(resource)
        except FAILURES as error:
            self.stack.note(resource, "DELETE_FAILED", _reason(error))
            return False
        except Exception as error:
            log.exception("deleting %s failed", resource.logical_resource_id)
            self.stack.note(resource, "DELETE_FAILED", _reason(error))
            return False
        self.stack.note(resource, "DELETE_COMPLETE")
        return True

    def _outputs(self, request: Request, scope: Scope) -> list[Output]:
        outputs = [
            Output(
                key,
                str(scope.resolve(body["Value"])),
                body.get("Description"),
                str(scope.resolve(body["Export"]["Name"])) if "Export" in body else None,
            )
            for key, body in request.template.get("Outputs", {}).items()
            if scope.holds(body)
        ]
        self._refuse_exports(outputs)
        return outputs

    def _refuse_exports(self, outputs: list[Output]) -> None:
        """A name that another stack exports, and an export that another stack still imports."""
        mine = exported(self.stack.outputs)
        for name in exported(outputs) - mine:
            if name in self.stacks.exports:
                owner = self.stacks.exports[name].stack_id.split("/")[1]
                self._fail_stack(f"Export with name {name} is already exported by stack {owner}")
        for name in mine - exported(outputs):
            users = [user for user in self.stacks.importers(name) if user != self.stack.name]
            if users:
                self._fail_stack(f"Cannot delete export {name} as it is in use by {', '.join(users)}")

    def _fail_stack(self, reason: str) -> None:
        self.stack.record(self.stack.status, reason)
        raise Stopped([reason])

    def _fail(self, pending: Deployed, status: str, error: Exception) -> Any:
        self.stack.note(pending, status, _reason(error))
        raise Stopped([pending.logical_resource_id]) from error

    def _settle(self, request: Request, status: str) -> None:
        self.stack.request, self.stack.wanted, self.stack.settled = request, None, True
        self.stack.record(status)


FAILURES = (ResourceFailed, UnknownType, ClientError, BotoCoreError, ServiceException)


def _reason(error: Exception) -> str:
    """The error as `cdk deploy` shows it."""
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return f'Resource handler returned message: "{said.get("Message")}" (HandlerErrorCode: {said.get("Code")})'
    if isinstance(error, (ResourceFailed, UnknownType, ServiceException)):
        return str(getattr(error, "message", None) or error)
    return f"{type(error).__name__}: {error}"


def _imports(value: Any, scope: Scope) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in _imports(item, scope)}
    if not isinstance(value, dict):
        return set()
    here = {str(scope.resolve(value["Fn::ImportValue"]))} if "Fn::ImportValue" in value else set()
    return here | {name for item in value.values() for name in _imports(item, scope)}
