"""What CodePipeline and CloudWatch would refuse of conditions, or would never let hold."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pipeline.config.conditions import model
from pipeline.config.model import Environment, PipelineConfig
from pipeline.config.problems import Finding, Path
from pipeline.config.service import CodeCommitSource, ConnectedSource, S3Source, Service

MOST = 5  # CodePipeline: rules of a condition
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUERY_REACHES = timedelta(hours=3)  # Metrics Insights: how far back it reads
COMPARISONS = ("equals", "differs", "contains", "matches")
# What the actions of the stages in front of all environments give.
GIT = ("AuthorDate", "BranchName", "CommitId", "CommitMessage")
GIVEN: dict[type, tuple[str, ...]] = {
    CodeCommitSource: (*GIT, "CommitterDate", "RepositoryName"),
    ConnectedSource: (*GIT, "ConnectionArn", "FullRepositoryName"),
    S3Source: ("BucketName", "ETag", "ObjectKey", "VersionId"),
}


def findings(config: PipelineConfig, service: Service, data: Any) -> Iterator[Finding]:
    """`data` is the definition as it was written, which says where a list stands for a mapping."""
    for index, environment in enumerate(config.environments):
        if environment.conditions:
            where: Path = ("environments", index, "conditions")
            yield from _empty(environment.conditions, where)
            written = data["environments"][index]["conditions"]
            yield from _before(environment, environment.conditions, (*where, "before"), written)
            yield from _failure(environment, environment.conditions, where)
            for place, rules in _lists(environment.conditions, where, written):
                yield from _rules(rules, place, service)


def _lists(given: model.Conditions, where: Path, written: Any) -> Iterator[tuple[Path, model.Rules]]:
    if given.before:
        yield _list((*where, "before"), written), given.before.require
    if given.success:
        yield _list((*where, "success"), written), given.success.require
    if given.failure:
        yield (*where, "failure"), given.failure


def _list(where: Path, written: Any) -> Path:
    """Where the rules of a condition stand: it is a list of them, or has one."""
    return where if isinstance(written[where[-1]], list) else (*where, "require")


def _empty(given: model.Conditions, where: Path) -> Iterator[Finding]:
    if not any((given.before, given.success, given.failure)):
        yield Finding(where, "it asks nothing", "write `before`, `success` or `failure`, or leave the key out")


def _before(environment: Environment, given: model.Conditions, where: Path, written: Any) -> Iterator[Finding]:
    """A stage has one condition before its entry: the window and the rules share it."""
    before = given.before
    if before is None:
        return
    listed = _list(where, written)
    if environment.window and before.otherwise == "skip":
        remedy = "leave the window out, or write `otherwise: fail`"
        yield Finding((*where, "otherwise"), "CodePipeline skips no stage by a window", remedy)
    for number, rule in enumerate(before.require if before.otherwise == "skip" else ()):
        if not isinstance(rule, model.FunctionRule | model.VariableRule):
            wrong = "CodePipeline skips a stage by functions and variables alone"
            remedy = "write `otherwise: fail`, or leave this rule out"
            yield Finding((*listed, number), wrong, remedy)
    if environment.window and len(before.require) == MOST:
        wrong = f"with the window there would be {MOST + 1} rules; CodePipeline takes {MOST}"
        yield Finding(listed, wrong, "leave a rule or the window out")


def _failure(environment: Environment, given: model.Conditions, where: Path) -> Iterator[Finding]:
    if given.failure and environment.on_failure != "rollback":
        wrong = f"they decide whether the stage goes back, and `on_failure: {environment.on_failure}` never does"
        yield Finding((*where, "failure"), wrong, "leave one of the two out")


def _rules(rules: model.Rules, where: Path, service: Service) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        place = (*where, number)
        same = json.dumps(rule.model_dump(mode="json", exclude={"wait"}), sort_keys=True)
        if same in seen:
            yield Finding(place, "this rule is there twice", "once is enough")
        seen.add(same)
        match rule:
            case model.AlarmRule():
                yield from _wait(rule.wait, place)
            case model.MetricRule():
                yield from _wait(rule.wait, place)
                yield from _threshold(rule.metric, (*place, "metric"))
            case model.QueryRule():
                yield from _wait(rule.wait, place)
                yield from _threshold(rule.query, (*place, "query"))
                yield from _query(rule.query, (*place, "query"))
            case model.VariableRule():
                yield from _variable(rule, place, service)
            case model.FunctionRule() | model.CommandsRule():
                pass


def _wait(wait: timedelta | None, where: Path) -> Iterator[Finding]:
    if wait and wait % MINUTE:
        yield Finding((*where, "wait"), "CodePipeline counts in whole minutes", "leave the seconds out")


def _threshold(given: model.Threshold, where: Path) -> Iterator[Finding]:
    if (given.above is None) == (given.below is None):
        wrong = "no bound is here" if given.above is None else "`above` and `below` exclude each other"
        yield Finding(where, wrong, "write one of `above` and `below`")
    if given.every % MINUTE:
        yield Finding((*where, "every"), "these alarms count in whole minutes", "leave the seconds out")
    lasts = given.lasts
    if lasts and lasts % given.every:
        wrong = "it is no whole number of periods"
        yield Finding((*where, "for"), wrong, "write a multiple of `every`, which is 1m when it is left out")
    elif lasts and lasts > DAY and given.every < HOUR:
        wrong = "an alarm whose period is below an hour looks back a day at most"
        yield Finding((*where, "for"), wrong, "write `every: 1h` or more, or 1d or less here")


def _query(given: model.Query, where: Path) -> Iterator[Finding]:
    if re.search(r"\bGROUP\s+BY\b", given.select, re.IGNORECASE):
        wrong = "GROUP BY gives several values, and the bounds are of one"
        yield Finding((*where, "select"), wrong, "leave it out, and pick by WHERE")
    key, looks_back = ("for", given.lasts) if given.lasts else ("every", given.every)
    if looks_back > QUERY_REACHES:
        wrong = "a query of Metrics Insights reads the last three hours alone"
        yield Finding((*where, key), wrong, "write 3h or less")


def _variable(rule: model.VariableRule, where: Path, service: Service) -> Iterator[Finding]:
    written = [name for name in COMPARISONS if getattr(rule, name) is not None]
    if len(written) != 1:
        wrong = (
            f"{' and '.join(f'`{name}`' for name in written)} exclude each other" if written else "nothing compares it"
        )
        yield Finding(where, wrong, f"write one of {', '.join(f'`{name}`' for name in COMPARISONS)}")
    for name in written:
        if not getattr(rule, name):
            wrong = "CodePipeline compares with no empty text"
            yield Finding((*where, name), wrong, "write a text of one character at least")
    yield from _known(rule.variable, where, service)


def _known(variable: str, where: Path, service: Service) -> Iterator[Finding]:
    namespace, _, name = variable.partition(".")
    given = GIVEN[type(service.source)]
    if namespace == "Build":
        if name not in _exported(service):
            wrong = f"no buildspec of the service's own exports {name}"
            remedy = "list it under `env: exported-variables:` of `build: buildspec`, or compare another one"
            yield Finding((*where, "variable"), wrong, remedy)
    elif namespace != "Source" or name not in given:
        remedy = f"write one of {', '.join(f'Source.{each}' for each in sorted(given))}, or Build.NAME"
        yield Finding((*where, "variable"), f"no action gives {variable}", remedy)


def _exported(service: Service) -> set[str]:
    """What the service's own buildspec names; the toolkit's exports nothing."""
    if not service.build.buildspec or not (file := service.folder / service.build.buildspec).is_file():
        return set()
    text = file.read_text(errors="replace")
    return set(re.findall(r"[A-Za-z0-9@_-]+", text.partition("exported-variables")[2]))
