"""API document → Pipeline, refused with AWS's own error where AWS refuses it.

The wire has already checked kinds, lengths, patterns and enums; here is what the members mean to each other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from local.codepipeline.action_types import COMMANDS, EXPORTED, FILES, KNOWN
from local.codepipeline.conditions import RESULTS, check_names, conditions
from local.codepipeline.model import Action, ActionType, OnFailure, Pipeline, Stage, Store, Variable
from local.codepipeline.variables import ENVIRONMENT
from local.wire import Fault

RESERVED_NAMESPACES = {"codepipeline", "variables"}
MAX_ACTIONS_PER_STAGE = 50
MAX_ACTIONS = 500
MAX_STAGES = 50

Document = Mapping[str, Any]


def parse(document: Document, version: int) -> Pipeline:
    """The pipeline of a checked declaration; Fault with CodePipeline's error code otherwise."""
    _refuse_unavailable(document)
    pipeline = Pipeline(
        name=document["name"],
        version=version,
        role_arn=document["roleArn"],
        mode=document.get("executionMode", "SUPERSEDED"),
        stages=tuple(_stage(stage) for stage in document["stages"]),
        stores=_stores(document),
        variables=tuple(Variable(each["name"], each.get("defaultValue")) for each in document.get("variables", [])),
        document={**document, "version": version},
    )
    _check_type(document)
    _check_stages(pipeline)
    _check_variables(pipeline)
    _check_artifacts(pipeline)
    _check_namespaces(pipeline)
    _check_triggers(document, pipeline)
    return pipeline


def _refuse_unavailable(document: Document) -> None:
    """What AWS has and this machine does not: refused when declared, never passed over when it runs."""
    if document.get("executionMode") == "PARALLEL":
        raise Fault(
            "InvalidStructureException",
            "executionMode PARALLEL is not available on this machine: use SUPERSEDED or QUEUED",
        )
    for stage in document["stages"]:
        if stage.get("blockers"):
            raise Fault("InvalidBlockerDeclarationException", "Blockers are reserved for future use")


def _stage(document: Document) -> Stage:
    return Stage(
        name=document["name"],
        actions=tuple(_action(action) for action in document["actions"]),
        on_failure=_on_failure(document["name"], document.get("onFailure")),
        conditions=conditions(document),
    )


def _action(document: Document) -> Action:
    kind = document["actionTypeId"]
    return Action(
        name=document["name"],
        type=ActionType(kind["category"], kind["owner"], kind["provider"], kind["version"]),
        run_order=document.get("runOrder", 1),
        configuration={**(document.get("configuration") or {}), **_compute(document)},
        inputs=tuple(each["name"] for each in document.get("inputArtifacts") or []),
        outputs=tuple(each["name"] for each in document.get("outputArtifacts") or []),
        role_arn=document.get("roleArn"),
        region=document.get("region"),
        namespace=document.get("namespace"),
        timeout=document.get("timeoutInMinutes"),
    )


def _compute(document: Document) -> dict[str, str]:
    """What a compute action declares beside its configuration, in the same form."""
    files = [path for each in document.get("outputArtifacts") or [] for path in each.get("files", [])]
    told: dict[str, object] = {
        COMMANDS: document.get("commands"),
        EXPORTED: document.get("outputVariables"),
        ENVIRONMENT: document.get("environmentVariables"),
        FILES: files,
    }
    return {key: json.dumps(value) for key, value in told.items() if value}


def _on_failure(stage: str, document: Document | None) -> OnFailure | None:
    if not document or (document.get("conditions") and not document.get("result")):
        return None
    result = document.get("result", "FAIL")
    if result == "SKIP":
        raise Fault("InvalidStageDeclarationException", f"Stage {stage}: onFailure cannot have the result SKIP")
    retry = document.get("retryConfiguration") or {}
    if retry and result != "RETRY":
        raise Fault(
            "InvalidStageDeclarationException", f"Stage {stage}: retryConfiguration needs onFailure.result RETRY"
        )
    return OnFailure(result, retry.get("retryMode", "FAILED_ACTIONS"))


def _stores(document: Document) -> dict[str, Store]:
    one, many = document.get("artifactStore"), document.get("artifactStores")
    if bool(one) == bool(many):
        raise Fault(
            "InvalidStructureException",
            "Pipeline must have either artifactStore or artifactStores, and only one of them",
        )
    stores = many or {"": one}
    return {
        region: Store(store["location"], (store.get("encryptionKey") or {}).get("id"))
        for region, store in stores.items()
    }


def _check_type(document: Document) -> None:
    if document.get("pipelineType", "V1") == "V2":
        return
    for key, wanted in (("variables", []), ("triggers", []), ("executionMode", "SUPERSEDED")):
        if document.get(key, wanted) != wanted:
            raise Fault("InvalidStructureException", f"{key} can only be used with pipelineType V2")
    for key in RESULTS:
        if any(stage.get(key) for stage in document["stages"]):
            raise Fault("InvalidStructureException", f"{key} can only be used with pipelineType V2")


def _check_stages(pipeline: Pipeline) -> None:
    stages = pipeline.stages
    if len(stages) < 2:
        raise Fault("InvalidStructureException", "Pipeline should have at least 2 stages")
    if len(stages) > MAX_STAGES or sum(len(stage.actions) for stage in stages) > MAX_ACTIONS:
        raise Fault("LimitExceededException", f"A pipeline has at most {MAX_STAGES} stages and {MAX_ACTIONS} actions")
    if repeated := _repeated(stage.name for stage in stages):
        raise Fault("InvalidStageDeclarationException", f"Stage name {repeated} has been used more than once")
    check_names([(stage.name, stage.conditions) for stage in stages])
    for number, stage in enumerate(stages):
        _check_stage(stage, first=number == 0)


def _check_stage(stage: Stage, *, first: bool) -> None:
    if not stage.actions:
        raise Fault("InvalidStageDeclarationException", f"Stage {stage.name} should have at least one action")
    if len(stage.actions) > MAX_ACTIONS_PER_STAGE:
        raise Fault("LimitExceededException", f"Stage {stage.name} has more than {MAX_ACTIONS_PER_STAGE} actions")
    if repeated := _repeated(action.name for action in stage.actions):
        raise Fault(
            "InvalidActionDeclarationException",
            f"Action name {repeated} has been used more than once in the stage {stage.name}",
        )
    sources = {action.type.category == "Source" for action in stage.actions}
    if first and sources != {True}:
        raise Fault("InvalidStructureException", "Pipeline should start with a stage that only contains source actions")
    if not first and True in sources:
        raise Fault(
            "InvalidStructureException",
            f"Source actions can only occur in the first stage, and stage {stage.name} is not the first",
        )
    if first and stage.on_failure and stage.on_failure.result == "ROLLBACK":
        raise Fault("InvalidStageDeclarationException", f"Stage {stage.name}: the source stage cannot be rolled back")
    for action in stage.actions:
        _check_action(action)


def _check_action(action: Action) -> None:
    kind = action.type
    limits = KNOWN.get(kind)
    if limits is None:
        raise Fault(
            "InvalidActionDeclarationException",
            f"ActionType (Category: '{kind.category}', Provider: '{kind.provider}', Owner: '{kind.owner}', "
            f"Version: '{kind.version}') in action '{action.name}' is not available",
        )
    for word, (low, high), given in (
        ("input", limits.inputs, action.inputs),
        ("output", limits.outputs, action.outputs),
    ):
        if not low <= len(given) <= high:
            raise Fault(
                "InvalidActionDeclarationException",
                f"Action {action.name} has {len(given)} {word} artifacts which is outside of the range "
                f"{low} to {high} of {kind.provider}",
            )
    for key in limits.required:
        if not action.configuration.get(key):
            raise Fault(
                "InvalidActionDeclarationException",
                f"Action configuration for action '{action.name}' is missing required configuration '{key}'",
            )
    if action.timeout is not None and kind.provider != "Manual":
        raise Fault(
            "InvalidActionDeclarationException",
            f"Action {action.name}: timeoutInMinutes can only be set for manual approval actions",
        )
    primary = action.configuration.get("PrimarySource")
    if kind.provider == "CodeBuild" and len(action.inputs) > 1 and primary not in action.inputs:
        raise Fault(
            "InvalidActionDeclarationException",
            f"Action {action.name} has several input artifacts: PrimarySource must name one of them",
        )


def _check_variables(pipeline: Pipeline) -> None:
    if repeated := _repeated(variable.name for variable in pipeline.variables):
        raise Fault("InvalidStructureException", f"Variable name {repeated} has been used more than once")


def _check_artifacts(pipeline: Pipeline) -> None:
    """An input is the output of an action that runs before: an earlier stage, or a lower runOrder."""
    if repeated := _repeated(name for stage in pipeline.stages for action in stage.actions for name in action.outputs):
        raise Fault(
            "InvalidActionDeclarationException",
            f"Output Artifact Bundle name must be unique within the pipeline. {repeated} has been used more than once.",
        )
    made: set[str] = set()
    for stage in pipeline.stages:
        _check_rules(stage, made)
        for group in stage.groups:
            for action in group:
                for name in action.inputs:
                    if name not in made:
                        raise Fault(
                            "InvalidActionDeclarationException",
                            f"Input Artifact Bundle {name} in action {action.name} is not the output of any "
                            "action that runs before it",
                        )
            made.update(name for action in group for name in action.outputs)


def _check_rules(stage: Stage, made: set[str]) -> None:
    """A rule's input was made in front of the stage, or for what follows its actions, by them, too."""
    own = {name for action in stage.actions for name in action.outputs}
    for condition in stage.conditions:
        known = made if condition.when == "beforeEntry" else made | own
        for rule in condition.rules:
            for name in rule.inputs:
                if name not in known:
                    raise Fault(
                        "InvalidStageDeclarationException",
                        f"Stage {stage.name}: the input artifact {name} of the rule {rule.name} is not the output of "
                        "any action that runs before it",
                    )


def _check_namespaces(pipeline: Pipeline) -> None:
    actions = [action for stage in pipeline.stages for action in stage.actions]
    namespaces = [action.namespace for action in actions if action.namespace]
    if repeated := _repeated(namespaces):
        raise Fault("InvalidActionDeclarationException", f"Namespace {repeated} has been used more than once")
    for namespace in namespaces:
        if namespace in RESERVED_NAMESPACES:
            raise Fault("InvalidActionDeclarationException", f"Namespace {namespace} is reserved")


def _check_triggers(document: Document, pipeline: Pipeline) -> None:
    sources = {action.name: action for action in pipeline.stages[0].actions}
    named: list[str] = []
    for trigger in document.get("triggers", []):
        name = trigger["gitConfiguration"]["sourceActionName"]
        action = sources.get(name)
        if action is None or action.type.provider != "CodeStarSourceConnection":
            raise Fault(
                "InvalidStructureException",
                f"Trigger names {name}, which is not a source action with the provider CodeStarSourceConnection",
            )
        named.append(name)
    if repeated := _repeated(named):
        raise Fault("InvalidStructureException", f"Source action {repeated} has more than one trigger configuration")


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)
