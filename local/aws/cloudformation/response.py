"""CloudFormation's API over moto's parsing and serialising: parameters in, the store's objects as answers out."""

from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from local.aws.cloudformation.operations import Operations
from local.aws.cloudformation.places import Places
from local.aws.cloudformation.resource import Deployed
from local.aws.cloudformation.stack import Change, ChangeSet, Event, Request, Stack
from local.aws.cloudformation.store import Refused, invalid
from local.aws.cloudformation.template import fetched, parse


class Response(BaseResponse):
    """One request. moto makes one of these for each; what they share are the `places`."""

    places: Places

    @property
    def operations(self) -> Operations:
        return self.places.at((self.current_account, self.region))

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    # Stacks

    def create_stack(self) -> ActionResult:
        stack = self.operations.create_stack(
            self._name(),
            self._request(None),
            rollback=self._rolls_back() and self._get_param("OnFailure") in (None, "ROLLBACK", "DELETE"),
            token=self._get_param("ClientRequestToken"),
        )
        stack.protected = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.id})

    def update_stack(self) -> ActionResult:
        stack = self.operations.stacks.get(self._name())
        stack = self.operations.update_stack(
            stack.id,
            self._request(stack),
            rollback=self._rolls_back(),
            token=self._get_param("ClientRequestToken"),
        )
        return ActionResult({"StackId": stack.id})

    def delete_stack(self) -> ActionResult:
        self.operations.delete_stack(self._name(), self._get_param("ClientRequestToken"))
        return EmptyResult()

    def rollback_stack(self) -> ActionResult:
        stack = self.operations.roll_back(self._name(), self._get_param("ClientRequestToken"))
        return ActionResult({"StackId": stack.id})

    def continue_update_rollback(self) -> ActionResult:
        self.operations.roll_back(self._name(), self._get_param("ClientRequestToken"))
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        name = self._get_param("StackName")
        stacks = [self.operations.stacks.get(name)] if name else self.operations.stacks.living()
        return ActionResult({"Stacks": [_stack(each) for each in stacks]})

    def list_stacks(self) -> ActionResult:
        wanted = self._get_param("StackStatusFilter") or []
        found = [each for each in self.operations.stacks.stacks.values() if not wanted or each.status in wanted]
        return ActionResult({"StackSummaries": [_stack(each) for each in reversed(found)]})

    def update_termination_protection(self) -> ActionResult:
        stack = self.operations.stacks.get(self._name())
        stack.protected = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.id})

    def set_stack_policy(self) -> ActionResult:
        self.operations.stacks.get(self._name()).policy = self._get_param("StackPolicyBody") or ""
        return EmptyResult()

    def get_stack_policy(self) -> ActionResult:
        policy = self.operations.stacks.get(self._name()).policy
        return ActionResult({"StackPolicyBody": policy} if policy else {})

    def describe_stack_events(self) -> ActionResult:
        stack = self.operations.stacks.get(self._name())
        return ActionResult({"StackEvents": [_event(stack, each) for each in reversed(stack.events)]})

    def describe_events(self) -> ActionResult:
        """The newer name of the same list, by operation; here by stack."""
        stack = self.operations.stacks.get(self._name())
        return ActionResult({"OperationEvents": [_event(stack, each) for each in reversed(stack.events)]})

    def list_stack_resources(self) -> ActionResult:
        stack = self.operations.stacks.get(self._name())
        found = [_resource(each, "LastUpdatedTimestamp") for each in stack.resources.values()]
        return ActionResult({"StackResourceSummaries": found})

    def describe_stack_resources(self) -> ActionResult:
        physical = self._get_param("PhysicalResourceId")
        stack = self._owner(physical) if physical else self.operations.stacks.get(self._name())
        logical = self._get_param("LogicalResourceId")
        found = [
            _resource(each, "Timestamp") | {"StackName": stack.name, "StackId": stack.id}
            for each in stack.resources.values()
            if logical in (None, each.logical_resource_id)
        ]
        return ActionResult({"StackResources": found})

    def describe_stack_resource(self) -> ActionResult:
        stack, logical = self.operations.stacks.get(self._name()), self._get_param("LogicalResourceId")
        resource = stack.resources.get(logical)
        if resource is None:
            raise invalid(f"Resource {logical} does not exist for stack {stack.name}")
        detail = _resource(resource, "LastUpdatedTimestamp") | {"StackName": stack.name, "StackId": stack.id}
        return ActionResult({"StackResourceDetail": detail})

    def get_template(self) -> ActionResult:
        change_set = self._get_param("ChangeSetName")
        stages = ["Original", "Processed"]
        if change_set:
            found = self.operations.stacks.change_set(change_set, self._get_param("StackName"))
            return ActionResult({"TemplateBody": found.request.template_text, "StagesAvailable": stages})
        stack = self.operations.stacks.get(self._name())
        shown = stack.wanted or stack.request
        return ActionResult({"TemplateBody": shown.template_text if shown else "", "StagesAvailable": stages})

    def get_template_summary(self) -> ActionResult:
        name = self._get_param("StackName")
        stack = self.operations.stacks.get(name) if name else None
        if stack is not None and stack.request is None:
            raise invalid(f"GetTemplateSummary cannot be called on {stack.status} stacks.")
        template = stack.request.template if stack and stack.request else parse(self._text(None))
        types = sorted({body["Type"] for body in template["Resources"].values()})
        return ActionResult(
            {
                "Description": template.get("Description"),
                "Parameters": [
                    {
                        "ParameterKey": key,
                        "ParameterType": body.get("Type", "String"),
                        "DefaultValue": body.get("Default"),
                        "NoEcho": bool(body.get("NoEcho")),
                        "Description": body.get("Description"),
                        "ParameterConstraints": {"AllowedValues": body.get("AllowedValues", [])},
                    }
                    for key, body in template.get("Parameters", {}).items()
                ],
                "ResourceTypes": types,
                "Version": template.get("AWSTemplateFormatVersion"),
                "ResourceIdentifierSummaries": [],
            }
        )

    def validate_template(self) -> ActionResult:
        template = parse(self._text(None))
        keys = [{"ParameterKey": key} for key in template.get("Parameters", {})]
        return ActionResult({"Parameters": keys, "Description": template.get("Description")})

    def list_exports(self) -> ActionResult:
        found = self.operations.stacks.exports.values()
        named = [{"ExportingStackId": each.stack_id, "Name": each.name, "Value": each.value} for each in found]
        return ActionResult({"Exports": named})

    def list_imports(self) -> ActionResult:
        export = self._get_param("ExportName")
        users = self.operations.stacks.importers(export)
        if not users:
            raise invalid(f"Export '{export}' is not imported by any stack.")
        return ActionResult({"Imports": users})

    # Change sets

    def create_change_set(self) -> ActionResult:
        kind = self._get_param("ChangeSetType") or "UPDATE"
        name = self._get_param("ChangeSetName")
        stack = self.operations.stacks.find(self._name())
        if kind == "UPDATE" and stack is None:
            raise invalid(f"Stack [{self._name()}] does not exist")
        change_set = self.operations.create_change_set(
            self._name(), name, kind, self._request(stack if kind == "UPDATE" else None), self._get_param("Description")
        )
        return ActionResult({"Id": change_set.id, "StackId": change_set.stack.id})

    def describe_change_set(self) -> ActionResult:
        return ActionResult(_change_set(self._change_set()))

    def delete_change_set(self) -> ActionResult:
        try:
            change_set = self._change_set()
        except Refused:
            return EmptyResult()
        del self.operations.stacks.change_sets[change_set.id]
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        self.operations.execute_change_set(
            self._change_set(), rollback=self._rolls_back(), token=self._get_param("ClientRequestToken")
        )
        return EmptyResult()

    def list_change_sets(self) -> ActionResult:
        stack = self.operations.stacks.get(self._name())
        found = [each for each in self.operations.stacks.change_sets.values() if each.stack is stack]
        return ActionResult({"Summaries": [_change_set(each) for each in found]})

    # What requests have in common

    def _name(self) -> str:
        return str(self._get_param("StackName"))

    def _rolls_back(self) -> bool:
        return not self._get_param("DisableRollback")

    def _owner(self, physical_id: str) -> Stack:
        for stack in self.operations.stacks.living():
            if any(each.physical_resource_id == physical_id for each in stack.resources.values()):
                return stack
        raise invalid(f"Stack for {physical_id} does not exist")

    def _change_set(self) -> ChangeSet:
        return self.operations.stacks.change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))

    def _text(self, stack: Stack | None) -> str:
        body, url = self._get_param("TemplateBody"), self._get_param("TemplateURL")
        if url:
            return fetched(url, self.operations.registry.aws)
        if body:
            return str(body)
        if self._get_param("UsePreviousTemplate") and stack is not None and stack.request is not None:
            return stack.request.template_text
        raise invalid("Either Template URL or Template Body must be specified.")

    def _request(self, stack: Stack | None) -> Request:
        """`stack` is the one that is updated, whose template and parameters may be used again."""
        text = self._text(stack)
        before = stack.request.parameters if stack and stack.request else {}
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("Tags") or []}
        return Request(
            text,
            parse(text),
            _parameters(self._get_param("Parameters") or [], before),
            tags or (stack.request.tags if stack and stack.request else {}),
            self._get_param("RoleARN"),
            tuple(self._get_param("Capabilities") or ()),
            tuple(self._get_param("NotificationARNs") or ()),
        )


def _parameters(given: list[dict[str, Any]], before: dict[str, str]) -> dict[str, str]:
    """As given: a previous value that was a default stays a default."""
    said: dict[str, str] = {}
    for each in given:
        key = each["ParameterKey"]
        if not each.get("UsePreviousValue"):
            said[key] = str(each.get("ParameterValue", ""))
        elif key in before:
            said[key] = before[key]
    return said


def _stack(stack: Stack) -> dict[str, Any]:
    request = stack.request or stack.wanted
    secret = request.template.get("Parameters", {}) if request else {}
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": request.template.get("Description") if request else None,
        "TemplateDescription": request.template.get("Description") if request else None,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": "****" if secret.get(key, {}).get("NoEcho") else _flat(value)}
            for key, value in stack.resolved_parameters.items()
        ],
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "RollbackConfiguration": {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": False,
        "NotificationARNs": list(request.notification_arns) if request else [],
        "Capabilities": list(request.capabilities) if request else [],
        "Outputs": [
            {
                "OutputKey": each.key,
                "OutputValue": each.value,
                "Description": each.description,
                "ExportName": each.export,
            }
            for each in stack.outputs
        ],
        "RoleARN": request.role_arn if request else None,
        "Tags": [{"Key": key, "Value": value} for key, value in (request.tags if request else {}).items()],
        "EnableTerminationProtection": stack.protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def _flat(value: Any) -> str:
    return ",".join(str(item) for item in value) if isinstance(value, list) else str(value)


def _event(stack: Stack, event: Event) -> dict[str, Any]:
    return {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type_name,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ClientRequestToken": event.token,
    }


def _resource(resource: Deployed, time: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": resource.logical_resource_id,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": resource.type_name,
        time: resource.since,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": change.action,
            "LogicalResourceId": change.logical_id,
            "PhysicalResourceId": change.physical_id,
            "ResourceType": change.type_name,
            "Replacement": change.replacement,
            "Scope": ["Properties"] if change.action == "Modify" else [],
            "Details": [],
        },
    }


def _change_set(change_set: ChangeSet) -> dict[str, Any]:
    request = change_set.request
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": change_set.stack.id,
        "StackName": change_set.stack.name,
        "Description": change_set.description,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in request.parameters.items()],
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "NotificationARNs": list(request.notification_arns),
        "RollbackConfiguration": {},
        "Capabilities": list(request.capabilities),
        "Tags": [{"Key": key, "Value": value} for key, value in request.tags.items()],
        "Changes": [_change(each) for each in change_set.changes],
        "IncludeNestedStacks": False,
    }
