"""CodePipeline's rules with types: aws-cdk-lib takes a mapping of strings, and AWS refuses a wrong one when it runs.

Keys are those of AWS's rule reference. A condition's result engages when one of its rules fails.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam

MOST = 5  # rules of a condition
LONGEST = timedelta(minutes=86_400)  # that a rule may take
NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}")
CRON_FIELDS = (6, 7)
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class Operator(StrEnum):
    """How a variable is compared; MATCHES is a regular expression of Java's."""

    EQUALS = "EQ"
    DIFFERS = "NE"
    CONTAINS = "CONTAINS"
    MATCHES = "MATCHES"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What all rules have; a role is needed where the pipeline's own does not have the rule's rights."""

    provider: ClassVar[str]
    skips: ClassVar[bool] = False  # whether it may stand in a condition that skips a stage

    name: str
    role: iam.Role | None = None
    inputs: Sequence[str] = ()  # names of artifacts that actions before it have made

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"rule {self.name!r}: a name has up to 100 letters, digits and . @ _ -")
        for wrong in self.problems():
            raise ValueError(f"rule {self.name}: {wrong}")

    def problems(self) -> list[str]:
        """What AWS would refuse of it."""
        return []

    def configuration(self) -> dict[str, str]:
        return {}

    def commands(self) -> list[str] | None:
        return None

    def made(self) -> codepipeline.Rule:
        return codepipeline.Rule(
            name=self.name,
            provider=self.provider,
            version="1",
            configuration=self.configuration() or None,
            commands=self.commands(),
            input_artifacts=list(self.inputs) or None,
            role=self.role,
        )


@dataclass(frozen=True, kw_only=True)
class DeploymentWindowRule(Rule):
    """Fails outside of a time: `cron` has six or seven fields, as Quartz has them, and holds in each minute that it
    matches; `zone` is a region and city, or UTC with an offset."""

    provider = "DeploymentWindow"
    cron: str
    zone: str = "UTC"

    def problems(self) -> list[str]:
        fields = self.cron.split()
        if len(fields) not in CRON_FIELDS:
            return [f"`{self.cron}` has {len(fields)} fields; this cron has six, seconds first, or seven with the year"]
        if "?" not in (fields[3], fields[5]):
            return [f"`{self.cron}` names the day of the month and of the week: one of them is `?`"]
        return []

    def configuration(self) -> dict[str, str]:
        return {"Cron": self.cron, "TimeZone": self.zone}


@dataclass(frozen=True, kw_only=True)
class AlarmRule(Rule):
    """Watches a CloudWatch alarm for `wait`, in whole minutes. AWS's pages leave open what happens when the time is
    over without a change of state: try yours out before you rely on it. Without `states` an alarm that rings fails the
    rule; of `states` they say that the rule watches them, and not whether they pass it."""

    provider = "CloudWatchAlarm"
    alarm: str
    states: Sequence[str] = ()
    wait: timedelta | None = None

    def problems(self) -> list[str]:
        if any(state not in STATES for state in self.states):
            return [f"states are some of {', '.join(STATES)}"]
        if self.wait and (self.wait % timedelta(minutes=1) or not timedelta() < self.wait <= LONGEST):
            return [f"{self.wait} is no wait: whole minutes, 1 to {LONGEST // timedelta(minutes=1)}"]
        return []

    def configuration(self) -> dict[str, str]:
        waits = {"WaitTime": str(self.wait // timedelta(minutes=1))} if self.wait else {}
        states = {"AlarmStates": ",".join(self.states)} if self.states else {}
        return {"AlarmName": self.alarm, **states, **waits}


@dataclass(frozen=True, kw_only=True)
class VariableRule(Rule):
    """Compares a variable of an action before it, `#{Namespace.Name}`, with a value."""

    provider = "VariableCheck"
    skips = True
    variable: str
    operator: Operator
    value: str

    def problems(self) -> list[str]:
        good = re.fullmatch(r"#\{[A-Za-z0-9@_-]+\.[A-Za-z0-9@_-]+\}", self.variable)
        return [] if good else [f"`{self.variable}` is no variable: write #{{Namespace.Name}}"]

    def configuration(self) -> dict[str, str]:
        return {"Variable": self.variable, "Operator": self.operator.value, "Value": self.value}


@dataclass(frozen=True, kw_only=True)
class LambdaRule(Rule):
    """Asks a function, which answers as it does for a job."""

    provider = "LambdaInvoke"
    skips = True
    function: str
    parameters: str = ""

    def configuration(self) -> dict[str, str]:
        return {"FunctionName": self.function, **({"UserParameters": self.parameters} if self.parameters else {})}


@dataclass(frozen=True, kw_only=True)
class CommandsRule(Rule):
    """Runs shell commands of one line each, in a build of CodePipeline's own; the first that fails fails it."""

    provider = "Commands"
    lines: Sequence[str]

    def problems(self) -> list[str]:
        if not self.lines or any("\n" in line or not line.strip() for line in self.lines):
            return ["write one command at least, each in one line"]
        return []

    def commands(self) -> list[str]:
        return list(self.lines)


def failing(*rules: Rule) -> codepipeline.Conditions:
    """The stage fails when a rule does; before it is entered, or after its actions have succeeded."""
    return _conditions(codepipeline.Result.FAIL, rules)


def rolling_back(*rules: Rule) -> codepipeline.Conditions:
    """The stage goes back when a rule fails; after its actions have succeeded. Not in PARALLEL mode."""
    return _conditions(codepipeline.Result.ROLLBACK, rules)


def skipping(*rules: Rule) -> codepipeline.Conditions:
    """The stage is skipped when a rule fails, before it is entered; the rules are of functions and variables alone."""
    for rule in rules:
        if not rule.skips:
            raise ValueError(f"rule {rule.name}: AWS skips a stage by LambdaInvoke and VariableCheck alone")
    return _conditions(codepipeline.Result.SKIP, rules)


def _conditions(result: codepipeline.Result, rules: Sequence[Rule]) -> codepipeline.Conditions:
    if not 1 <= len(rules) <= MOST:
        raise ValueError(f"a condition has 1 to {MOST} rules, not {len(rules)}")
    made = [rule.made() for rule in rules]
    return codepipeline.Conditions(conditions=[codepipeline.Condition(result=result, rules=made)])
