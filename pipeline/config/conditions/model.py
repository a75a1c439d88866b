"""What may be written of conditions. A rule is known by the one key that only it has."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StringConstraints, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import OneOf, Short, Within, shaped

Wait = Annotated[timedelta, Within("1m", "60d", by="CodePipeline")]
Number = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Period = Annotated[timedelta, Within("1m", "1d", by="CloudWatch")]
Lasting = Annotated[timedelta, Within("1m", "7d", by="CloudWatch")]
AlarmName = Annotated[str, shaped(r"^[^*?:]{1,255}$", "write a metric alarm's name, without its ARN and without `*`")]
MetricText = Annotated[
    str, shaped(r"^[^:\x00-\x1f][^\x00-\x1f]*$", "write it as CloudWatch shows it; it begins with no colon", 255)
]
Statistic = Annotated[
    str,
    shaped(
        r"^(Average|Sum|Minimum|Maximum|SampleCount|p[0-9]{1,2}(\.[0-9]{1,2})?)$",
        "write Average, Sum, Minimum, Maximum, SampleCount, or a percentile as in p99 or p99.9",
    ),
]
Select = Annotated[
    str,
    shaped(
        r"^\s*SELECT\s+(AVG|COUNT|MAX|MIN|SUM)\s*\([^()]+\)\s+FROM\s[\s\S]+$",
        'write one query of CloudWatch Metrics Insights, as in SELECT SUM(Errors) FROM "AWS/Lambda"',
        1024,
    ),
]
Input = Literal["release", "source"]


class Threshold(Model):
    """When a metric is too high or too low, and for how long it has to be before that counts."""

    above: Number | None = None
    """More than this is bad. Write this or `below`."""
    below: Number | None = None
    """Less than this is bad."""
    every: Period = timedelta(minutes=1)
    """The time that one value is of, in whole minutes."""
    lasts: Lasting | None = Field(default=None, alias="for")
    """How long it is bad before the alarm rings: each value of that time has to be. One value when it is left out."""
    missing: Literal["good", "bad"] = "good"
    """What a time without any value counts as: `good`, as for errors that nobody counts while there are none, or `bad`,
    as for what has to arrive."""


class Metric(Threshold):
    """A metric of CloudWatch in this account and region. The delivery stack makes an alarm of it, named
    `<service>-<environment>-<condition>-<number>`."""

    namespace: MetricText
    """Its namespace: `AWS/ApplicationELB`."""
    name: MetricText
    """Its name: `HTTPCode_Target_5XX_Count`."""
    dimensions: Annotated[dict[MetricText, MetricText], Field(max_length=30)] = {}
    """All of its dimensions, by name; CloudWatch knows a metric by exactly these."""
    statistic: Statistic = "Average"
    """What the values of one period become: `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount` or `p99`."""


class Query(Threshold):
    """A query over many metrics, in CloudWatch Metrics Insights' SQL, for one value per period. The delivery stack
    makes an alarm of it, named as that of a metric. CloudWatch charges for each metric that it
    reads."""

    select: Select
    """`SELECT SUM(HTTPCode_Target_5XX_Count) FROM "AWS/ApplicationELB" WHERE …`, without GROUP BY."""


class WaitsForAlarm(Model):
    """What the rules of alarms share: CodePipeline's rule CloudWatchAlarm fails by an alarm in the state ALARM."""

    wait: Wait | None = None
    """In whole minutes. Before entry: how long an alarm that rings may take to fall silent. After success or failure:
    how long it is watched for ringing. It is looked at once when it is left out."""


class AlarmRule(WaitsForAlarm):
    """A metric alarm of CloudWatch that is there already, in this account and region."""

    alarm: AlarmName
    """Its name."""


class MetricRule(WaitsForAlarm):
    """A metric that has to stay within bounds."""

    metric: Metric
    """Which one, and which bounds."""


class QueryRule(WaitsForAlarm):
    """A query over metrics whose answer has to stay within bounds."""

    query: Query
    """The query, and the bounds."""


class FunctionRule(Model):
    """A Lambda function that is there already, in this account and region. It gets CodePipeline's job event and answers
    with PutJobSuccessResult or PutJobFailureResult, which its own role has to allow."""

    function: Annotated[
        str,
        shaped(r"^[A-Za-z0-9_-]{1,64}$", "write the name of a function of this account and region, without its ARN"),
    ]
    """Its name."""
    parameters: Annotated[str, StringConstraints(min_length=1, max_length=10_000)] | None = None
    """What it is told besides, as the event's UserParameters."""
    input: Input | None = None
    """The artifact that it may read: `release`, which the build made, or `source`, the commit's tree; none when it is
    left out."""


class VariableRule(Model):
    """A variable of this execution, compared with a text: CodePipeline's rule VariableCheck."""

    variable: Annotated[
        str, shaped(r"^[A-Za-z0-9@_-]+\.[A-Za-z0-9@_-]+$", "write ACTION.VARIABLE, as in Source.BranchName")
    ]
    """`Source.BranchName`, `Source.CommitId`, `Source.CommitMessage`, `Source.AuthorDate`; or `Build.NAME`, which the
    service's own buildspec exports."""
    equals: str | None = None
    """It is exactly this. Write one of the four comparisons."""
    differs: str | None = None
    """It is anything else."""
    contains: str | None = None
    """It has this in it."""
    matches: str | None = None
    """It matches this regular expression of Java's."""


class CommandsRule(Model):
    """Shell commands, run in a build of CodePipeline's own with a role of its own, which may read artifacts and write
    the log `/aws/codepipeline/<service>`: the rule fails with the first that fails. CodeBuild charges for its
    minutes."""

    commands: Annotated[
        tuple[
            Annotated[str, shaped(r"^[^\r\n]*[^\s][^\r\n]*$", "write each command in one line of its own", 1000)], ...
        ],
        Field(min_length=1, max_length=50),
    ]
    """The commands, one by one."""
    input: Input = "source"
    """The artifact whose files they find: `source`, the commit's tree, or `release`, which the build made."""


Rule = Annotated[
    Annotated[AlarmRule, Tag("<alarm>")]
    | Annotated[MetricRule, Tag("<metric>")]
    | Annotated[QueryRule, Tag("<query>")]
    | Annotated[FunctionRule, Tag("<function>")]
    | Annotated[VariableRule, Tag("<variable>")]
    | Annotated[CommandsRule, Tag("<commands>")],
    OneOf(("alarm", "metric", "query", "function", "variable", "commands")),
]
Rules = Annotated[tuple[Rule, ...], Field(min_length=1, max_length=5)]


class Before(Model):
    """Asked before each release enters the stage. The window is one of the five rules, where there is one; it may open
    after an alarm was found silent, and CodePipeline does not look at the alarm again."""

    require: Rules
    """The rules; all of them have to hold."""
    otherwise: Literal["fail", "skip"] = "fail"
    """When one does not hold: the stage fails, or it is skipped and the release goes on to the next environment. AWS
    skips by rules of functions and variables alone."""


class Success(Model):
    """Asked after all actions of the stage have succeeded, before the release goes on."""

    require: Rules
    """The rules; all of them have to hold."""
    otherwise: Literal["rollback", "fail"] = "rollback"
    """When one does not hold: CodePipeline runs the stage again with the last release that passed, or the stage fails
    and the release stays."""


class Conditions(Model):
    """Rules that CodePipeline asks around the environment's stage: alarms, metrics, functions, variables, commands.
    `aws codepipeline override-stage-condition` lets one release pass, except where it would be skipped."""

    before: Annotated[Before, Short("require", list, mappings=True)] | None = None
    """Before it is entered: a list of rules, or rules and what happens otherwise."""
    success: Annotated[Success, Short("require", list, mappings=True)] | None = None
    """After it has succeeded: a list of rules, or rules and what happens otherwise."""
    failure: Rules | None = None
    """After it has failed: it goes back when one of these rules fails, and stays as it is when all hold. Without them
    it goes back in any case, as `on_failure: rollback` says; they do not go together with `retry` and `stop`."""
