"""Conditions of a stage: read and checked as AWS checks them, and not evaluated on this machine, which says so."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local.codepipeline.model import Condition, Rule
from local.wire import Fault

Document = Mapping[str, Any]

RESULTS = {
    "beforeEntry": ("FAIL", "SKIP"),
    "onSuccess": ("FAIL", "ROLLBACK"),
    "onFailure": ("ROLLBACK",),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "CloudWatchAlarm": ("AlarmName",),
    "CodeBuild": ("ProjectName",),
    "Commands": (),
    "DeploymentWindow": ("Cron",),
    "LambdaInvoke": ("FunctionName",),
    "VariableCheck": ("Variable", "Operator", "Value"),
}
SKIPPING = ("LambdaInvoke", "VariableCheck")


def conditions(stage: Document) -> tuple[Condition, ...]:
    """Of a stage's declaration, at most one of each kind."""
    name = stage["name"]
    found = [
        _condition(name, when, each) for when in RESULTS for each in (stage.get(when) or {}).get("conditions") or []
    ]
    if any(each.when == "onFailure" for each in found) and stage["onFailure"].get("retryConfiguration"):
        raise _refused(name, "automatic retry cannot be used together with onFailure conditions")
    return tuple(found)


def check_names(stages: Sequence[tuple[str, tuple[Condition, ...]]]) -> None:
    """A rule's name is there once in a pipeline."""
    seen: set[str] = set()
    for stage, found in stages:
        for rule in (rule for condition in found for rule in condition.rules):
            if rule.name in seen:
                raise _refused(stage, f"the rule name {rule.name} has been used more than once")
            seen.add(rule.name)


def passed_by(condition: Condition) -> str:
    """What is told of a condition that nobody evaluated."""
    rules = ", ".join(f"{rule.name} ({rule.provider})" for rule in condition.rules)
    then = "the stage stays failed" if condition.when == "onFailure" else "the execution goes on"
    return f"{condition.when} is not evaluated on this machine, and {then}: {rules}"


def _condition(stage: str, when: str, document: Document) -> Condition:
    rules = tuple(_rules(stage, document.get("rules") or []))
    result = document.get("result", "FAIL" if when != "onFailure" else "ROLLBACK")
    if result not in RESULTS[when]:
        raise _refused(stage, f"{when} cannot have the result {result}")
    if not rules:
        raise _refused(stage, f"the condition {when} has no rule")
    unskipped = [rule.name for rule in rules if result == "SKIP" and rule.provider not in SKIPPING]
    if unskipped:
        raise _refused(stage, f"the rule {unskipped[0]} cannot have the result SKIP: {' and '.join(SKIPPING)} can")
    return Condition(when, result, rules)


def _rules(stage: str, documents: Sequence[Document]) -> Iterator[Rule]:
    for document in documents:
        name, provider = document["name"], document["ruleTypeId"]["provider"]
        if provider not in REQUIRED:
            raise _refused(stage, f"the rule {name} has the provider {provider}, which is not available")
        configuration = document.get("configuration") or {}
        for key in REQUIRED[provider]:
            if not configuration.get(key):
                raise _refused(stage, f"the rule {name} is missing required configuration '{key}'")
        if provider == "Commands" and not document.get("commands"):
            raise _refused(stage, f"the rule {name} has no commands")
        yield Rule(name, provider, tuple(each["name"] for each in document.get("inputArtifacts") or []))


def _refused(stage: str, why: str) -> Fault:
    return Fault("InvalidStageDeclarationException", f"Stage {stage}: {why}")
