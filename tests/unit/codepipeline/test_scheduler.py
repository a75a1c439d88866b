"""What a pipeline decides, event by event."""

from typing import Any

import pytest

from local.codepipeline.declaration import parse
from local.codepipeline.messages import (
    Decide,
    Failed,
    Forget,
    Progress,
    Ref,
    Replace,
    Restarted,
    Retry,
    Rollback,
    SetTransition,
    Start,
    Stop,
    Succeeded,
    Tick,
)
from local.codepipeline.state import MACHINE_STOPPED, ErrorDetails, Override, Trigger
from local.wire import Fault


def code_of(play: Any, event: Any) -> str:
    before = play.state
    with pytest.raises(Fault) as refused:
        play.tell(event)
    assert play.state is before
    return str(refused.value.code)


class TestStraightPath:
    def test_an_execution_goes_through_all_stages(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.finish(execution)
        assert play.status(execution) == "Succeeded"
        assert names(play.begun) == [
            ("Source", "Source"),
            ("Build", "Build"),
            ("dev", "Deploy"),
            ("dev", "Verify"),
            ("approval", "Approve"),
            ("prod", "Deploy"),
        ]

    def test_an_output_becomes_the_input_of_later_actions(self, play: Any) -> None:
        play.finish(play.start())
        made = {name: where for run in play.begun for name, where in run.outputs.items()}
        deploy = next(run for run in play.begun if run.stage == "prod")
        assert deploy.inputs == {"Release": made["Release"]}
        assert made["Release"].bucket == "artifacts"
        assert made["Release"].key.startswith("shop/Release/")
        assert made["Source"].key.endswith(".zip")

    def test_variables_are_resolved_when_the_action_starts(self, play: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        assert play.run(execution).resolved["UserParameters"] == f"{execution} c0ffee"
        assert play.run(execution).configuration["UserParameters"].startswith("#{codepipeline.")

    def test_an_unknown_variable_fails_the_action(self, play: Any) -> None:
        execution = play.start()
        play.succeed(execution)  # Source gives no CommitId
        play.succeed(execution)
        run = next(run for run in play.state.runs.values() if run.stage == "dev")
        assert run.status == "Failed"
        assert run.error.code == "ConfigurationError"
        assert "#{Source.CommitId}" in run.error.message
        assert play.status(execution) == "Failed"

    def test_every_state_change_is_announced(self, play: Any) -> None:
        execution = play.start()
        play.finish(execution)
        told = [(each.level, each.state, each.stage) for each in play.announced if each.stage in (None, "Build")]
        assert told == [
            ("Pipeline", "STARTED", None),
            ("Stage", "STARTED", "Build"),
            ("Action", "STARTED", "Build"),
            ("Action", "SUCCEEDED", "Build"),
            ("Stage", "SUCCEEDED", "Build"),
            ("Pipeline", "SUCCEEDED", None),
        ]

    def test_a_missing_pipeline_variable_fails_the_execution_with_no_action(
        self, play_of: Any, declaration: Any
    ) -> None:
        play = play_of(declaration(variables=[{"name": "tier"}]))
        execution = play.start()
        assert play.status(execution) == "Failed"
        assert play.begun == []

    def test_a_given_variable_beats_the_default_and_unknown_ones_are_ignored(
        self, play_of: Any, declaration: Any
    ) -> None:
        play = play_of(declaration(variables=[{"name": "tier", "defaultValue": "a"}]))
        execution = play.start(variables={"tier": "b", "other": "c"})
        assert play.state.executions[execution].variables == {"tier": "b"}

    def test_a_source_override_reaches_its_action(self, play: Any) -> None:
        execution = play.start(overrides=(Override("Source", "COMMIT_ID", "abc"),))
        assert play.run(execution).override == Override("Source", "COMMIT_ID", "abc")


class TestRunOrder:
    @pytest.fixture
    def play(self, play_of: Any, declaration: Any, make_action: Any) -> Any:
        document = declaration()
        document["stages"][1]["actions"] += [
            make_action("Lint", "Test/CodeBuild", inputs=["Source"]),
            make_action("Later", "Test/CodeBuild", inputs=["Source"], runOrder=2),
        ]
        return play_of(document)

    def test_a_group_starts_together_and_the_next_only_after_it(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.succeed(execution)
        first = play.running()
        assert names(first) == [("Build", "Build"), ("Build", "Lint")]
        play.tell(Succeeded(Ref(execution, first[0].id, 1)))
        assert names(play.running()) == [("Build", "Lint")]
        play.tell(Succeeded(Ref(execution, first[1].id, 1)))
        assert names(play.running()) == [("Build", "Later")]

    def test_a_failure_waits_for_its_peers_and_admits_no_further_group(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.succeed(execution)
        build, lint = play.running()
        play.tell(Failed(Ref(execution, build.id, 1), ErrorDetails("JobFailed", "no")))
        assert play.status(execution) == "InProgress"
        play.tell(Succeeded(Ref(execution, lint.id, 1)))
        assert play.status(execution) == "Failed"
        assert play.running() == []

    def test_the_failed_actions_may_be_retried_while_their_peers_run(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.succeed(execution)
        build, lint = play.running()
        play.tell(Failed(Ref(execution, build.id, 1), ErrorDetails("JobFailed", "no")))
        play.tell(Retry(execution, "Build", "FAILED_ACTIONS"))
        assert names(play.running()) == [("Build", "Lint"), ("Build", "Build")]
        play.tell(Succeeded(Ref(execution, lint.id, 1)))
        play.tell(Succeeded(Ref(execution, play.running()[0].id, 2)))
        assert names(play.running()) == [("Build", "Later")]

    def test_all_actions_may_not_be_retried_while_peers_run(self, play: Any) -> None:
        execution = play.start()
        play.succeed(execution)
        play.tell(Failed(Ref(execution, play.running()[0].id, 1), ErrorDetails("JobFailed", "no")))
        assert code_of(play, Retry(execution, "Build", "ALL_ACTIONS")) == "StageNotRetryableException"


class TestStaleReports:
    def test_a_report_of_an_earlier_attempt_changes_nothing(self, play: Any) -> None:
        execution = play.start()
        first = play.run(execution)
        play.fail(execution)
        play.tell(Retry(execution, "Source", "FAILED_ACTIONS"))
        before = play.state
        play.tell(Succeeded(Ref(execution, first.id, 1)))
        assert play.state.executions == before.executions
        assert play.run(execution).attempt == 2

    def test_a_report_with_the_wrong_attempt_or_execution_changes_nothing(self, play: Any) -> None:
        execution = play.start()
        run = play.run(execution)
        for ref in (Ref(execution, run.id, 2), Ref("another", run.id, 1), Ref(execution, "another", 1)):
            play.tell(Succeeded(ref))
            play.tell(Failed(ref, None))
            play.tell(Progress(ref, summary="?"))
        assert play.run(execution) == run


class TestSuperseded:
    def test_a_newer_execution_replaces_the_one_that_waits(self, play: Any) -> None:
        first, second, third = play.start(), play.start(), play.start()
        assert play.status(second) == "Superseded"
        assert play.state.stages["Source"].inbound == (third,)
        play.succeed(first)
        assert play.run(third).stage == "Source"

    def test_a_running_stage_is_never_pre_empted(self, play: Any) -> None:
        first = play.start()
        play.advance(first, "approval")
        second = play.start()
        while play.running(second):
            play.succeed(second, CommitId="beef")
        assert play.status(first) == "InProgress"
        assert play.status(second) == "InProgress"
        assert play.state.stages["approval"].inbound == (second,)

    def test_the_waiting_one_enters_when_the_approval_is_rejected(self, play: Any) -> None:
        first = play.start()
        play.advance(first, "approval")
        second = play.start()
        while play.running(second):
            play.succeed(second, CommitId="beef")
        run = play.run(first)
        play.tell(Decide("approval", "Approve", run.token, False, "not this one", "a person"))
        assert play.status(first) == "Failed"
        assert play.run(second).stage == "approval"


class TestQueued:
    def test_executions_enter_in_the_order_of_their_arrival(self, play_of: Any, declaration: Any) -> None:
        play = play_of(declaration(executionMode="QUEUED"))
        first, second, third = play.start(), play.start(), play.start()
        assert play.state.stages["Source"].inbound == (second, third)
        play.succeed(first, CommitId="c")
        assert play.run(second).stage == "Source"
        assert {play.status(each) for each in (first, second, third)} == {"InProgress"}

    def test_the_fifty_first_is_refused(self, play_of: Any, declaration: Any) -> None:
        play = play_of(declaration(executionMode="QUEUED"))
        for _ in range(50):
            play.start()
        assert code_of(play, Start("x", Trigger("", ""))) == "ConcurrentPipelineExecutionsLimitExceededException"


class TestTransitions:
    def test_a_disabled_transition_holds_and_the_newest_enters_when_it_is_enabled(self, play: Any) -> None:
        play.tell(SetTransition("Build", False, "freeze", "a person"))
        first = play.start()
        play.succeed(first)
        second = play.start()
        play.succeed(second)
        assert play.status(first) == "Superseded"
        assert play.running() == []
        play.tell(SetTransition("Build", True, None, "a person"))
        assert play.run(second).stage == "Build"


class TestApprovals:
    @pytest.fixture
    def execution(self, play: Any) -> str:
        execution = play.start()
        play.advance(execution, "approval")
        return str(execution)

    def test_a_rejection_fails_the_action_with_its_summary(self, play: Any, execution: str) -> None:
        run = play.run(execution)
        play.tell(Decide("approval", "Approve", run.token, False, "too early", "a person"))
        ended = play.state.runs[run.id]
        assert (ended.status, ended.summary, ended.updated_by) == ("Failed", "too early", "a person")

    def test_a_wrong_token_is_refused(self, play: Any, execution: str) -> None:
        assert code_of(play, Decide("approval", "Approve", "?", True, "", "")) == "InvalidApprovalTokenException"

    def test_a_second_answer_is_refused(self, play: Any, execution: str) -> None:
        token = play.run(execution).token
        play.succeed(execution)
        event = Decide("approval", "Approve", token, True, "", "")
        assert code_of(play, event) == "ApprovalAlreadyCompletedException"

    def test_it_expires_after_seven_days(self, play: Any, execution: str) -> None:
        play.now += 7 * 86400 - 10
        play.tell(Tick())
        assert play.running(execution)
        play.now += 10
        play.tell(Tick())
        assert play.status(execution) == "Failed"

    def test_it_expires_when_its_declaration_says(self, play_of: Any, declaration: Any) -> None:
        document = declaration()
        document["stages"][3]["actions"][0]["timeoutInMinutes"] = 5
        play = play_of(document)
        execution = play.start()
        play.advance(execution, "approval")
        play.now += 300
        play.tell(Tick())
        assert play.status(execution) == "Failed"


class TestStop:
    def test_a_waiting_execution_stops_at_once_and_cannot_be_retried(self, play: Any) -> None:
        play.start()
        second = play.start()
        play.tell(Stop(second, False, "no"))
        assert play.status(second) == "Stopped"
        assert code_of(play, Retry(second, "Source", "FAILED_ACTIONS")) == "StageNotRetryableException"

    def test_stop_and_wait_lets_the_action_end_and_starts_nothing(self, play: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        play.tell(Stop(execution, False, "lunch"))
        assert (play.status(execution), play.stage(execution, "dev")) == ("Stopping", "Stopping")
        assert code_of(play, Stop(execution, False, None)) == "DuplicatedStopRequestException"
        play.succeed(execution)
        assert (play.status(execution), play.stage(execution, "dev")) == ("Stopped", "Stopped")
        assert play.state.stages["dev"].occupant is None

    def test_stop_and_abandon_ends_it_at_once_and_ignores_the_action(self, play: Any) -> None:
        execution = play.start()
        run = play.run(execution)
        effects = play.tell(Stop(execution, True, None))
        assert Forget(run) in effects
        assert play.state.runs[run.id].status == "Abandoned"
        assert play.status(execution) == "Stopped"
        play.tell(Succeeded(Ref(execution, run.id, 1)))
        assert play.status(execution) == "Stopped"

    def test_a_stopped_stage_goes_on_where_it_stopped(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        play.tell(Stop(execution, False, None))
        play.succeed(execution)
        play.tell(Retry(execution, "dev", "FAILED_ACTIONS"))
        assert names(play.running()) == [("dev", "Verify")]

    def test_an_ended_execution_cannot_be_stopped(self, play: Any) -> None:
        execution = play.start()
        play.fail(execution)
        assert code_of(play, Stop(execution, False, None)) == "PipelineExecutionNotStoppableException"


class TestRetry:
    def test_failed_actions_run_again_in_the_same_execution_at_a_new_place(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.succeed(execution, CommitId="c")
        first = play.run(execution)
        play.fail(execution)
        play.tell(Retry(execution, "Build", "FAILED_ACTIONS"))
        second = play.run(execution)
        assert (second.action, second.attempt) == ("Build", 2)
        assert second.id != first.id
        assert second.outputs["Release"] != first.outputs["Release"]
        assert play.status(execution) == "InProgress"
        play.finish(execution)
        assert play.status(execution) == "Succeeded"

    def test_all_actions_start_the_stage_over(self, play: Any, names: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        play.succeed(execution)
        play.fail(execution)
        play.tell(Retry(execution, "dev", "ALL_ACTIONS"))
        assert names(play.running()) == [("dev", "Deploy")]

    def test_a_succeeded_stage_is_refused(self, play: Any) -> None:
        execution = play.start()
        play.finish(execution)
        assert code_of(play, Retry(execution, "dev", "ALL_ACTIONS")) == "StageNotRetryableException"

    def test_a_stage_that_a_newer_execution_entered_is_refused(self, play: Any) -> None:
        first = play.start()
        play.fail(first)
        play.start()
        assert code_of(play, Retry(first, "Source", "FAILED_ACTIONS")) == "NotLatestPipelineExecutionException"

    def test_another_version_of_the_pipeline_is_refused(self, play: Any, declaration: Any) -> None:
        execution = play.start()
        play.fail(execution)
        play.tell(Replace(parse(declaration(), 2)))
        assert code_of(play, Retry(execution, "Source", "FAILED_ACTIONS")) == "StageNotRetryableException"

    def test_an_automatic_retry_happens_once(self, play_of: Any, declaration: Any) -> None:
        document = declaration()
        document["stages"][1]["onFailure"] = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}
        play = play_of(document)
        execution = play.start()
        play.succeed(execution)
        play.fail(execution)
        assert play.run(execution).attempt == 2
        assert play.state.executions[execution].stages["Build"].last_retry == "AutomatedStageRetry"
        play.fail(execution)
        assert play.status(execution) == "Failed"


class TestRollback:
    def test_a_failed_stage_goes_back_to_its_last_success(self, play: Any) -> None:
        good = play.start()
        play.finish(good)
        bad = play.start()
        play.advance(bad, "dev")
        play.fail(bad)
        assert play.status(bad) == "Failed"
        back = play.state.executions[play.latest("dev")]
        assert (back.type, back.target, back.trigger.kind) == ("ROLLBACK", good, "AutomatedRollback")
        run = play.run(back.id)
        assert run.inputs["Release"] == play.state.executions[good].artifacts["Release"]
        assert run.resolved["UserParameters"] == f"{back.id} c0ffee"
        play.finish(back.id)
        assert play.status(back.id) == "Succeeded"
        assert set(play.state.executions[back.id].stages) == {"dev"}

    def test_a_stage_that_never_succeeded_stays_failed(self, play: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        play.fail(execution)
        assert play.latest("dev") == execution
        assert play.running() == []

    def test_a_failed_rollback_is_not_rolled_back(self, play: Any) -> None:
        play.finish(play.start())
        bad = play.start()
        play.advance(bad, "dev")
        play.fail(bad)
        back = play.latest("dev")
        play.fail(back)
        assert play.latest("dev") == back
        assert play.status(back) == "Failed"

    def test_going_back_comes_before_the_execution_that_waits(self, play: Any) -> None:
        play.finish(play.start())
        bad = play.start()
        play.advance(bad, "dev")
        newer = play.start()
        while play.running(newer):
            play.succeed(newer, CommitId="d")
        play.fail(bad)
        back = play.latest("dev")
        assert play.state.executions[back].type == "ROLLBACK"
        assert play.state.stages["dev"].inbound == (newer,)
        play.finish(back)
        assert play.run(newer).stage == "dev"

    def test_a_person_may_go_back_to_any_success(self, play: Any) -> None:
        first, second = play.start(), None
        play.finish(first)
        second = play.start()
        play.finish(second)
        play.tell(Rollback("back", "prod", first, "a person"))
        assert play.state.executions["back"].target == first
        assert play.run("back").stage == "prod"

    def test_what_cannot_be_gone_back_to_is_refused(self, play: Any, declaration: Any) -> None:
        good = play.start()
        play.finish(good)
        bad = play.start()
        play.fail(bad)
        refused = "UnableToRollbackStageException"
        assert code_of(play, Rollback("x", "dev", bad, "")) == refused
        assert code_of(play, Rollback("x", "Source", good, "")) == refused
        assert code_of(play, Rollback("x", "dev", "?", "")) == "PipelineExecutionNotFoundException"
        play.tell(Replace(parse(declaration(), 2)))
        assert code_of(play, Rollback("x", "dev", good, "")) == "PipelineExecutionOutdatedException"


class TestReplace:
    def test_waiting_executions_are_cancelled_and_running_ones_when_their_action_ends(
        self, play: Any, declaration: Any
    ) -> None:
        first, second = play.start(), play.start()
        play.tell(Replace(parse(declaration(), 2)))
        assert (play.status(first), play.status(second)) == ("InProgress", "Cancelled")
        play.succeed(first)
        assert play.status(first) == "Cancelled"
        third = play.start()
        assert play.run(third).version == 2

    def test_a_stage_that_is_gone_takes_nobody_along(self, play: Any, declaration: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        document = declaration()
        document["stages"] = [stage for stage in document["stages"] if stage["name"] != "dev"]
        play.tell(Replace(parse(document, 2)))
        play.succeed(execution)
        assert play.status(execution) == "Cancelled"
        play.finish(play.start())


class TestRestarted:
    def test_what_ran_is_failed_with_the_retry_that_mends_it(self, play: Any) -> None:
        execution = play.start()
        play.advance(execution, "dev")
        run = play.run(execution)
        play.tell(Restarted())
        error = play.state.runs[run.id].error
        assert error.code == MACHINE_STOPPED
        assert f"retry-stage-execution --pipeline-name shop --stage-name dev --pipeline-execution-id {execution}" in (
            error.message
        )
        assert play.status(execution) == "Failed"
        play.tell(Retry(execution, "dev", "FAILED_ACTIONS"))
        play.finish(execution)
        assert play.status(execution) == "Succeeded"

    def test_no_rule_goes_back_from_it(self, play: Any) -> None:
        play.finish(play.start())
        execution = play.start()
        play.advance(execution, "dev")
        play.tell(Restarted())
        assert play.latest("dev") == execution
        assert play.running() == []

    def test_an_approval_is_still_there_with_its_token(self, play: Any) -> None:
        execution = play.start()
        play.advance(execution, "approval")
        before = play.run(execution)
        play.tell(Restarted())
        assert play.run(execution) == before
        play.finish(execution)
        assert play.status(execution) == "Succeeded"

    def test_who_waited_goes_on(self, play: Any) -> None:
        first, second = play.start(), play.start()
        play.tell(Restarted())
        assert play.status(first) == "Failed"
        assert play.run(second).stage == "Source"


def test_a_job_that_goes_on_gets_more_time_but_never_more_than_a_day(play: Any) -> None:
    execution = play.start()
    play.advance(execution, "dev")
    run = play.run(execution)
    ref = Ref(execution, run.id, 1)
    play.tell(Progress(ref, deadline=run.started + 2000))
    assert play.run(execution).deadline == run.started + 2000
    play.tell(Progress(ref, deadline=run.started + 2 * 86400))
    assert play.run(execution).deadline == run.started + 86400


def test_a_function_that_never_answers_is_told_what_to_check(play: Any) -> None:
    execution = play.start()
    play.advance(execution, "dev")
    run = play.run(execution)
    play.now += 1200
    play.tell(Tick())
    error = play.state.runs[run.id].error
    assert error.code == "JobFailed"
    assert "shop-deploy failed to return a result" in error.message
