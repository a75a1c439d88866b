"""ListActionTypes, GetActionType, ListRuleTypes, ListWebhooks: what there is to declare."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.action_types import KNOWN, Limits
from local.codepipeline.api.pages import page
from local.codepipeline.model import ActionType
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers() -> Mapping[str, Handler]:
    def list_types(call: Call) -> Document:
        owner = call.input.get("actionOwnerFilter")
        kinds = [kind for kind in KNOWN if owner in (None, kind.owner)]
        return page(kinds, "actionTypes", call.input, lambda kind: _action_type(kind, KNOWN[kind]))

    def get_type(call: Call) -> Document:
        given = call.input
        kind = ActionType(given["category"], given["owner"], given["provider"], given["version"])
        raise Fault(
            "ActionTypeNotFoundException",
            f"{kind.category} {kind.owner} {kind.provider} {kind.version} was not made with the integration model: "
            "list-action-types shows the types there are",
        )

    def list_rules(_: Call) -> Document:
        return {"ruleTypes": []}

    def list_webhooks(_: Call) -> Document:
        return {"webhooks": []}

    return {
        "ListActionTypes": list_types,
        "GetActionType": get_type,
        "ListRuleTypes": list_rules,
        "ListWebhooks": list_webhooks,
    }


def _action_type(kind: ActionType, limits: Limits) -> Document:
    return {
        "id": kind.document(),
        "settings": {},
        "actionConfigurationProperties": [
            {"name": name, "required": name in limits.required, "key": True, "secret": False, "queryable": False}
            for name in (*limits.required, *limits.optional)
        ],
        "inputArtifactDetails": {"minimumCount": limits.inputs[0], "maximumCount": min(limits.inputs[1], 5)},
        "outputArtifactDetails": {"minimumCount": limits.outputs[0], "maximumCount": limits.outputs[1]},
    }
