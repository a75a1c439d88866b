"""What CodePipeline asks around a stage: two sets of conditions → what changes, in words. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from cli.planning.compare import leaves
from cli.planning.lines import property_texts
from cli.planning.names import Names

Stage = Mapping[str, Any]

WHEN = {"BeforeEntry": "before entry", "OnSuccess": "on success", "OnFailure": "on failure"}
# The keys of a rule's configuration that say what it asks, by provider.
ASKED = {
    "CloudWatchAlarm": "AlarmName",
    "DeploymentWindow": "Cron",
    "LambdaInvoke": "FunctionName",
    "VariableCheck": "Variable",
}


def listed(stage: Stage) -> Iterator[str]:
    """The rules of a stage, one by one."""
    for key, when in WHEN.items():
        result, rules = _condition(stage, key)
        for name, rule in rules.items():
            yield f"{when}: {name} ({_kind(rule)}), otherwise {result}"


def changes(old: Stage, new: Stage, names: Names) -> Iterator[str]:
    for key, when in WHEN.items():
        (was, before), (now, after) = _condition(old, key), _condition(new, key)
        for name, rule in after.items():
            if name not in before:
                yield f"{when}: new rule {name} ({_kind(rule)})"
        yield from (f"{when}: the rule {name} goes" for name in before if name not in after)
        for name in [name for name in before if name in after]:
            for words in property_texts(leaves(before[name], after[name]), names):
                yield f"{when}: {name}: {words}"
        if was and now and was != now:
            yield f"{when}: otherwise {was} becomes {now}"
        elif now and not before:
            yield f"{when}: otherwise {now}"
        rest = [
            {each: value for each, value in stage.get(key, {}).items() if each != "Conditions"} for stage in (old, new)
        ]
        for words in property_texts(leaves({key: rest[0]}, {key: rest[1]}), names):
            yield words


def _condition(stage: Stage, key: str) -> tuple[str, dict[str, Any]]:
    """(result, rules by name); a stage has at most one condition of a kind."""
    conditions = stage.get(key, {}).get("Conditions", [])
    if not conditions:
        return "", {}
    return conditions[0].get("Result", ""), {rule["Name"]: rule for rule in conditions[0]["Rules"]}


def _kind(rule: Mapping[str, Any]) -> str:
    provider = rule["RuleTypeId"]["Provider"]
    asked = rule.get("Configuration", {}).get(ASKED.get(provider, ""))
    return f"{provider} {asked}" if isinstance(asked, str) else str(provider)
