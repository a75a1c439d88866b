"""What CloudWatch shows of a service: one dashboard, and alarms for those who are told.

CodePipeline measures executions that have ended, Lambda its functions; what became of a release, and where, the
deployers tell in their logs (deployer/measures.py).
"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from pipeline.config.kinds import spell
from pipeline.config.service import Service, Watch

PERIOD = Duration.minutes(5)
DAY = Duration.days(1)
WIDTH, HEIGHT = 8, 6  # three in a row


class Watched(Construct):
    """`topics` hear the alarms."""

    def __init__(
        self, scope: Construct, construct_id: str, service: Service, watch: Watch, topics: Sequence[sns.ITopic]
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = service.name
        self._functions = {part.label: f"{service.name}-deploy-{part.key}" for part in service.parts}
        self._environments = list(self._functions)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{service.name}-releases",
            default_interval=Duration.days(14),
            widgets=[self._executions(), self._releases(), self._deployers()],
        )
        if watch.alarms:
            self._alarms(watch, topics)

    def _executions(self) -> list[cloudwatch.IWidget]:
        lasted = [self._pipeline("PipelineDuration", each, label=each) for each in ("Average", "Maximum")]
        return [
            _graph("Executions that ended, a day", [self._pipeline("PipelineDuration", "SampleCount", DAY, "ended")]),
            _graph("Executions: seconds, waiting included", lasted),
            _graph("Executions that failed, a day", [self._pipeline("FailedPipelineExecutions", "Sum", DAY, "failed")]),
        ]

    def _releases(self) -> list[cloudwatch.IWidget]:
        ended = [
            self._release(name, each, "Sum", DAY) for name in ("Succeeded", "Failed") for each in self._environments
        ]
        return [
            _graph("Releases, a day", ended),
            _graph("Releases: seconds", [self._release("Duration", each, "Maximum") for each in self._environments]),
            _graph(
                "From commit to release: seconds",
                [self._release("LeadTime", each, "p50", DAY) for each in self._environments],
            ),
        ]

    def _deployers(self) -> list[cloudwatch.IWidget]:
        return [
            _graph(title, [self._function(name, each, statistic, each) for each in self._environments])
            for title, name, statistic in (
                ("Deployers: errors", "Errors", "Sum"),
                ("Deployers: milliseconds", "Duration", "Maximum"),
                ("Deployers: throttles", "Throttles", "Sum"),
            )
        ]

    def _alarms(self, watch: Watch, topics: Sequence[sns.ITopic]) -> None:
        failed = self._pipeline("FailedPipelineExecutions", "Sum")
        alarms = [
            self._alarm("pipeline-failed", f"An execution of the pipeline {self._name} failed", failed, 1),
            self._alarm(
                "pipeline-too-long",
                f"An execution of the pipeline {self._name} took longer than {spell(watch.longest)}",
                self._pipeline("PipelineDuration", "Maximum"),
                int(watch.longest.total_seconds()),
            ),
            *(
                self._alarm(
                    f"deploy-{each.replace('/', '-')}-errors",
                    f"The function that deploys {self._name} to {each} failed; its log says why",
                    self._function("Errors", each, "Sum"),
                    1,
                )
                for each in self._environments
            ),
        ]
        for alarm in alarms:
            alarm.add_alarm_action(*(actions.SnsAction(topic) for topic in topics))

    def _alarm(self, name: str, description: str, metric: cloudwatch.Metric, threshold: int) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._name}-{name}",
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _pipeline(
        self, name: str, statistic: str, period: Duration = PERIOD, label: str | None = None
    ) -> cloudwatch.Metric:
        return _metric("AWS/CodePipeline", name, {"PipelineName": self._name}, statistic, period, label)

    def _function(self, name: str, environment: str, statistic: str, label: str | None = None) -> cloudwatch.Metric:
        return _metric("AWS/Lambda", name, {"FunctionName": self._functions[environment]}, statistic, PERIOD, label)

    def _release(self, name: str, environment: str, statistic: str, period: Duration = PERIOD) -> cloudwatch.Metric:
        where = {"Service": self._name, "Environment": environment}
        return _metric("Shipline", name, where, statistic, period, f"{environment} {name}")


def _metric(
    namespace: str, name: str, where: dict[str, str], statistic: str, period: Duration, label: str | None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=where, statistic=statistic, period=period, label=label
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=WIDTH, height=HEIGHT)
