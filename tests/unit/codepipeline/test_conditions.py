"""Conditions of a stage: let pass on this machine, and never in silence."""

from typing import Any

import pytest

from local.codepipeline.api.stages import _latest_runs, _stage


def asked(name: str, provider: str, result: str, **configuration: str) -> dict[str, Any]:
    kind = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    rule = {"name": name, "ruleTypeId": kind, "configuration": configuration}
    return {"conditions": [{"result": result, "rules": [rule]}]}


@pytest.fixture
def play(play_of: Any, declaration: Any) -> Any:
    document = declaration()
    dev = document["stages"][2]
    dev["beforeEntry"] = asked("quiet", "CloudWatchAlarm", "FAIL", AlarmName="shop-5xx")
    dev["onSuccess"] = asked("agrees", "LambdaInvoke", "ROLLBACK", FunctionName="agree")
    dev["onFailure"] = asked("bad", "CloudWatchAlarm", "ROLLBACK", AlarmName="shop-5xx")
    return play_of(document)


def test_an_execution_goes_on_and_says_what_nobody_evaluated(play: Any) -> None:
    execution = play.start()
    play.advance(execution, "dev")
    before = "dev: beforeEntry is not evaluated on this machine, and the execution goes on: quiet (CloudWatchAlarm)"
    assert play.state.executions[execution].summary == before
    play.finish(execution)
    after = "dev: onSuccess is not evaluated on this machine, and the execution goes on: agrees (LambdaInvoke)"
    assert play.state.executions[execution].summary == f"{before}; {after}"
    assert play.status(execution) == "Succeeded"


def test_a_failed_stage_does_not_go_back_by_rules_that_nobody_evaluated(play: Any) -> None:
    good = play.start()
    play.finish(good)
    bad = play.start()
    play.advance(bad, "dev")
    play.fail(bad)
    assert (play.status(bad), play.latest("dev")) == ("Failed", bad)
    assert play.state.executions[bad].summary.endswith("and the stage stays failed: bad (CloudWatchAlarm)")


def test_the_state_of_the_pipeline_shows_them_as_overridden(play: Any) -> None:
    def shown() -> Any:
        return _stage(play.state, play.state.pipeline.stages[2], _latest_runs(play.state))

    assert "latestExecution" not in shown()["beforeEntryConditionState"]
    play.advance(play.start(), "dev")
    told = shown()["beforeEntryConditionState"]["latestExecution"]
    assert (told["status"], "not evaluated on this machine" in told["summary"]) == ("Overridden", True)
    assert "latestExecution" not in shown()["onSuccessConditionState"]
