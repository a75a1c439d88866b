"""What CloudWatch counts of a release, and the log line that it counts from."""

import io
import json
import types

import boto3
import pytest

from deployer import flow, handler
from deployer.budget import UNLIMITED
from deployer.compose import Clients, Composed
from deployer.errors import Fatal, Fenced
from deployer.job import Answers
from deployer.log import Log
from deployer.measures import UNITS, measured, moment, tell
from deployer.outcome import Continue, Failed, Succeeded, Token
from deployer.redact import Redactor
from deployer.release import Release
from deployer.target import Target
from tests.unit.deployer.test_job import EVENT, CodePipeline

NOW = 1_700_000_100.0
INVOKED = {"event": "invoked", "time": NOW - 40}
STAGE = {"event": "stage", "time": NOW - 10}
AUTHORED = "2023-11-14T22:14:00Z"  # a minute before


def event(name):
    return {"event": name, "time": NOW - 5}


@pytest.mark.parametrize(
    ("lines", "outcome", "expected"),
    [
        pytest.param(
            [INVOKED, STAGE], Succeeded(7, "s"),
            {"Succeeded": 1.0, "Failed": 0.0, "Duration": 40.0, "LeadTime": 60.0}, id="it runs",
        ),
        pytest.param([INVOKED], Succeeded(7, "s"), {}, id="asked again of one that had ended"),
        pytest.param([INVOKED, STAGE], Continue(Token(7, "wait", 1), "s"), {}, id="it goes on"),
        *(
            pytest.param(
                [INVOKED, event(name)], Failed("s"), {"Succeeded": 0.0, "Failed": 1.0, "Duration": 40.0}, id=name
            )
            for name in ("failed", "refused", "stuck", "unavailable")
        ),
        pytest.param(
            [INVOKED], None, {"Succeeded": 0.0, "Failed": 1.0, "Duration": 40.0}, id="an error before it began"
        ),
        pytest.param([], None, {"Succeeded": 0.0, "Failed": 1.0, "Duration": 0.0}, id="an error at once"),
        pytest.param([INVOKED, event("held")], Failed("s"), {}, id="held"),
        pytest.param([INVOKED], Failed("superseded"), {}, id="superseded"),
    ],
)  # fmt: skip
def test_measures_of_an_invocation(lines, outcome, expected):
    assert measured(lines, outcome, AUTHORED, NOW) == expected


@pytest.mark.parametrize("authored", ["", "yesterday", "2023-11-14T22:14:00", "1700000000 +0100"])
def test_a_commit_of_no_known_time_has_no_lead_time(authored):
    assert moment(authored) is None
    assert "LeadTime" not in measured([INVOKED, STAGE], Succeeded(7, "s"), authored, NOW)


def test_a_commit_of_tomorrow_took_no_time():
    assert measured([STAGE], Succeeded(7, "s"), "2099-01-01T00:00:00+01:00", NOW)["LeadTime"] == 0.0


def test_the_line_is_in_cloudwatchs_embedded_metric_format():
    stream, found = io.StringIO(), {"Succeeded": 1.0, "Failed": 0.0, "Duration": 40.0, "LeadTime": 100.0}
    tell(Log(Redactor(), stream, lambda: NOW), "shop", "prod", found, NOW)
    line = json.loads(stream.getvalue())
    assert line["_aws"]["Timestamp"] == int(NOW * 1000)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Shipline"
    assert directive["Metrics"] == [{"Name": name, "Unit": unit} for name, unit in UNITS.items()]
    # Each dimension is a text and each metric a number in the line itself, as the format has it.
    assert {name: line[name] for names in directive["Dimensions"] for name in names} == {
        "Service": "shop",
        "Environment": "prod",
    }
    assert {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} == found


def test_nothing_measured_is_no_line():
    stream = io.StringIO()
    tell(Log(Redactor(), stream), "shop", "prod", {}, NOW)
    assert stream.getvalue() == ""


def invoke(monkeypatch, deliver, *, metrics=True):
    """The function's log lines named `measured`, when delivering goes as `deliver(request, log)` says."""
    stream, redactor = io.StringIO(), Redactor()
    session = boto3.Session(aws_access_key_id="k", aws_secret_access_key="s", region_name="us-east-1")
    base = Composed(Clients(session), Answers(CodePipeline(), redactor.clean), redactor, Log(redactor, stream))
    target = Target("shop", "prod", "shop-prod", "shop", "us-east-1", "t", {}, (), metrics=metrics)
    cluster = types.SimpleNamespace(kube=types.SimpleNamespace(close=lambda: None))

    def world_of(base, environ):
        return types.SimpleNamespace(target=target, cluster=cluster, log=base.log, redactor=redactor)

    monkeypatch.setattr(flow, "deliver", lambda world, request, budget: deliver(request, world.log))
    handler.run(EVENT, base, UNLIMITED, {}, world_of)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in lines if line["event"] == "measured"]


def goes_well(request, log):
    log.event("invoked", release=7)
    release = Release("shop", "c0ffee", "main", "m", "Ann", {}, AUTHORED)
    request.planned(types.SimpleNamespace(prepared=types.SimpleNamespace(release=release), plan=None))
    log.event("stage", release=7, stage="close", seconds=0.1)
    return Succeeded(7, "release 7")


def test_the_function_tells_a_release_that_runs_with_its_commits_time(monkeypatch):
    (line,) = invoke(monkeypatch, goes_well)
    assert (line["Service"], line["Environment"], line["Succeeded"], line["Failed"]) == ("shop", "prod", 1.0, 0.0)
    assert line["LeadTime"] > 80_000_000  # seconds since 2023


def test_the_function_tells_a_release_that_an_error_ended(monkeypatch):
    def refused(request, log):
        raise Fatal("the cluster is another one")

    (line,) = invoke(monkeypatch, refused)
    assert (line["Succeeded"], line["Failed"]) == (0.0, 1.0)


def test_the_function_tells_nothing_that_another_invocation_will_or_that_nobody_shows(monkeypatch):
    def fenced(request, log):
        raise Fenced

    with pytest.raises(Fenced):
        invoke(monkeypatch, fenced)
    assert invoke(monkeypatch, goes_well, metrics=False) == []
