"""Whatever happens in whatever order: what must be true of a pipeline's state at every moment."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.codepipeline.declaration import parse
from local.codepipeline.messages import (
    Decide,
    Failed,
    Ref,
    Replace,
    Restarted,
    Retry,
    Rollback,
    SetTransition,
    Stop,
    Succeeded,
    Tick,
)
from local.codepipeline.state import ErrorDetails, State
from local.wire import Fault

STAGES = ("Source", "Build", "dev", "approval", "prod")
FINAL = {"Superseded", "Cancelled"}

picks = st.integers(min_value=0, max_value=50)
happenings = st.lists(
    st.one_of(
        st.just(("start",)),
        *[st.tuples(st.just("succeed"), picks)] * 10,  # or nothing ever gets far
        st.tuples(st.just("fail"), picks),
        st.tuples(st.just("stale"), picks),
        st.tuples(st.just("stop"), picks, st.booleans()),
        st.tuples(st.just("retry"), picks, st.sampled_from(STAGES), st.sampled_from(("FAILED_ACTIONS", "ALL_ACTIONS"))),
        st.tuples(st.just("rollback"), picks, st.sampled_from(STAGES)),
        st.tuples(st.just("transition"), st.sampled_from(STAGES), st.booleans()),
        st.tuples(st.just("replace"), picks),
        st.just(("restart",)),
        st.tuples(st.just("time"), st.integers(min_value=1, max_value=86400)),
    ),
    min_size=20,
    max_size=120,
)


@settings(max_examples=300, deadline=None)
@given(happenings=happenings, mode=st.sampled_from(("SUPERSEDED", "QUEUED")))
def test_the_invariants_hold(play_of: Any, declaration: Any, happenings: list[Any], mode: str) -> None:
    document = declaration(executionMode=mode)
    document["stages"][1]["onFailure"] = {"result": "RETRY", "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}
    play = play_of(document)
    ended: dict[str, str] = {}
    for happening in happenings:
        before = play.state
        try:
            happen(play, document, *happening)
        except Fault:
            assert play.state is before, "a refused request changed something"
        check(play.state, mode)
        for execution, status in ended.items():
            assert play.status(execution) == status, f"{execution} was {status} and came back"
        ended.update({each.id: each.status for each in play.state.executions.values() if each.status in FINAL})
        assert set(before.executions) <= set(play.state.executions), "an execution was lost"
        assert list(play.state.runs)[: len(before.runs)] == list(before.runs), "history was rewritten"


def happen(play: Any, document: dict[str, Any], kind: str, *given: Any) -> None:
    executions = list(play.state.executions)
    if kind == "start":
        play.start()
    elif kind in ("succeed", "fail"):
        end_one(play, given[0], well=kind == "succeed")
    elif kind == "stale":
        runs = [run for run in play.state.runs.values() if run.status != "InProgress"]
        if runs:
            run = runs[given[0] % len(runs)]
            play.tell(Succeeded(Ref(run.execution, run.id, run.attempt)))
    elif kind == "restart":
        play.tell(Restarted())
    elif kind == "time":
        play.now += given[0]
        play.tell(Tick())
    elif kind == "transition":
        play.tell(SetTransition(given[0], given[1], None, "a person"))
    elif kind == "replace":
        changed = dict(document)
        if given[0] % 2:
            changed["stages"] = [stage for stage in document["stages"] if stage["name"] != "approval"]
        play.tell(Replace(parse(changed, play.state.pipeline.version + 1)))
    elif executions:
        execution = executions[given[0] % len(executions)]
        if kind == "stop":
            play.tell(Stop(execution, given[1], None))
        else:
            retry = kind == "retry"
            play.tell(
                Retry(execution, given[1], given[2])
                if retry
                else Rollback(play.new_id(), given[1], execution, "a person")
            )


def end_one(play: Any, pick: int, *, well: bool) -> None:
    running = play.running()
    if not running:
        return
    run = running[pick % len(running)]
    ref = Ref(run.execution, run.id, run.attempt)
    if run.type.provider == "Manual":
        play.tell(Decide(run.stage, run.action, run.token, well, "", "a person"))
    elif well:
        play.tell(Succeeded(ref, {"CommitId": "c0ffee"}))
    else:
        play.tell(Failed(ref, ErrorDetails("JobFailed", "broken")))


def check(state: State, mode: str) -> None:
    stages = {stage.name for stage in state.pipeline.stages}
    running = [run for run in state.runs.values() if run.status == "InProgress"]
    for stage in {run.stage for run in running} & stages:
        current = [run for run in running if run.stage == stage and run.version == state.pipeline.version]
        assert len({run.execution for run in current}) <= 1, "two executions in one stage"
    for name, stage in state.stages.items():
        if stage.occupant is not None:
            assert any(run.execution == stage.occupant for run in running), f"{name} is locked and nothing runs"
        elif stage.enabled:
            assert not stage.inbound, f"{name} is free and open, and somebody waits"
        if mode == "SUPERSEDED":
            assert len(stage.inbound) <= 1, "two executions wait in front of one stage"
    waiting = [each for stage in state.stages.values() for each in stage.inbound]
    assert len(waiting) == len(set(waiting)), "an execution waits in two places"
    for execution in state.executions.values():
        works = any(run.execution == execution.id for run in running)
        if execution.live:
            assert works or execution.id in waiting, f"{execution.id} is in progress and nowhere"
            assert execution.waiting == (execution.id in waiting)
        else:
            assert not works, f"{execution.id} is {execution.status} and works"
            assert execution.id not in waiting
