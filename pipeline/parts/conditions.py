"""What CodePipeline asks around a stage: typed rules, the alarms that some of them need, and the rights to ask."""

from collections.abc import Callable
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.config.conditions.plan import (
    AlarmGate,
    Bounds,
    CommandsGate,
    Condition,
    FunctionGate,
    Gate,
    MetricSource,
    QuerySource,
    VariableGate,
)
from pipeline.config.service import Target
from pipeline.constructs.rules import (
    AlarmRule,
    CommandsRule,
    DeploymentWindowRule,
    LambdaRule,
    Operator,
    Rule,
    VariableRule,
    failing,
    rolling_back,
    skipping,
)
from pipeline.parts.policies import allow

ARTIFACTS = {"release": "Release", "source": "Source"}
OPERATORS = {
    "equals": Operator.EQUALS,
    "differs": Operator.DIFFERS,
    "contains": Operator.CONTAINS,
    "matches": Operator.MATCHES,
}
RESULTS = {"fail": failing, "skip": skipping, "rollback": rolling_back}


class StageConditions(Construct):
    """`before`, `success` and `failure` of one stage. CodePipeline asks with the pipeline's own `role`; commands alone,
    which anybody who may push may change the files of, get a role of their own from `command_role`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        target: Target,
        role: iam.Role,
        command_role: Callable[[str], iam.Role],
    ) -> None:
        super().__init__(scope, construct_id)
        self._role = role
        self._command_role = command_role
        given = target.conditions
        window = [_window(target)] if target.window else []
        self.before = self._condition(given.before, window)
        self.success = self._condition(given.success)
        self.failure = _on_failure(target, self._condition(given.failure))

    def _condition(self, given: Condition | None, first: list[Rule] | None = None) -> codepipeline.Conditions | None:
        rules = first or []
        if given is None:
            return failing(*rules) if rules else None
        return RESULTS[given.otherwise](*rules, *(self._rule(name, gate) for name, gate in given.gates))

    def _rule(self, name: str, gate: Gate) -> Rule:
        match gate:
            case AlarmGate():
                self._role.add_to_policy(
                    allow(["cloudwatch:DescribeAlarms"], _arn("cloudwatch", f"alarm:{gate.alarm}"))
                )
                return AlarmRule(name=name, alarm=self._alarm(name, gate), wait=gate.wait)
            case FunctionGate(function, parameters, read):
                self._role.add_to_policy(allow(["lambda:InvokeFunction"], _arn("lambda", f"function:{function}")))
                inputs = [ARTIFACTS[read]] if read else []
                return LambdaRule(name=name, function=function, parameters=parameters, inputs=inputs)
            case VariableGate(variable, comparison, value):
                operator = OPERATORS[comparison]
                return VariableRule(name=name, variable=f"#{{{variable}}}", operator=operator, value=value)
            case CommandsGate(lines, read):
                return CommandsRule(name=name, lines=lines, inputs=[ARTIFACTS[read]], role=self._command_role(name))

    def _alarm(self, name: str, gate: AlarmGate) -> str:
        """Its name; of one that is made here, so that the pipeline waits for it."""
        if gate.made is None:
            return gate.alarm
        source, bounds = gate.made
        periods = bounds.periods
        made = cloudwatch.CfnAlarm(
            self,
            name,
            alarm_name=gate.alarm,
            alarm_description=f"Asked by the rule {name} of the pipeline",
            comparison_operator="GreaterThanThreshold" if bounds.above else "LessThanThreshold",
            threshold=bounds.threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data="breaching" if bounds.missing_is_bad else "notBreaching",
            **_watched(source, bounds),
        )
        return made.ref


def _watched(source: MetricSource | QuerySource, bounds: Bounds) -> dict[str, Any]:
    period = int(bounds.every.total_seconds())
    if isinstance(source, QuerySource):
        query = cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id="query", expression=source.select, period=period, return_data=True
        )
        return {"metrics": [query]}
    kind = "extended_statistic" if source.statistic.startswith("p") else "statistic"
    dimensions = [cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value) for name, value in source.dimensions]
    told = {"namespace": source.namespace, "metric_name": source.name, "period": period, kind: source.statistic}
    return {**told, "dimensions": dimensions or None}


def _window(target: Target) -> Rule:
    assert target.window
    return DeploymentWindowRule(name=f"{target.name}-window", cron=target.window.cron, zone=target.window.zone)


def _on_failure(target: Target, asked: codepipeline.Conditions | None) -> codepipeline.FailureConditions | None:
    if asked:
        return codepipeline.FailureConditions(conditions=asked.conditions)
    match target.on_failure:
        case "rollback":
            return codepipeline.FailureConditions(result=codepipeline.Result.ROLLBACK)
        case "retry":
            mode = codepipeline.RetryMode.FAILED_ACTIONS
            return codepipeline.FailureConditions(result=codepipeline.Result.RETRY, retry_mode=mode)
        case "stop":
            return None


def _arn(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
