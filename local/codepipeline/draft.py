"""A state in the making: the moves that every event is made of.

An execution arrives in front of a stage, is admitted when the stage is free and open, runs its groups one
after the other, and leaves. Each move writes the new values and the effects that follow from them.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from local.codepipeline import artifacts, deadlines
from local.codepipeline.conditions import passed_by
from local.codepipeline.messages import Announce, Begin, Effect, Forget
from local.codepipeline.model import Action, RetryMode, Stage
from local.codepipeline.state import (
    MACHINE_STOPPED,
    ActionRun,
    ErrorDetails,
    Execution,
    Location,
    PipelineStatus,
    StageRun,
    StageState,
    StageStatus,
    State,
    Trigger,
)
from local.codepipeline.variables import Unresolved, resolve

NewId = Callable[[], str]

ANNOUNCED = {
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Stopped": "STOPPED",
    "Stopping": "STOPPING",
    "Cancelled": "CANCELED",
    "Superseded": "SUPERSEDED",
    "Abandoned": "ABANDONED",
}


class Draft:
    def __init__(self, state: State, now: float, new_id: NewId, region: str) -> None:
        self.now = now
        self.new_id = new_id
        self.region = region
        self.pipeline = state.pipeline
        self.created, self.updated = state.created, state.updated
        self.stages = dict(state.stages)
        self.executions = dict(state.executions)
        self.runs = dict(state.runs)
        self.tokens = dict(state.tokens)
        self.effects: list[Effect] = []

    def result(self) -> tuple[State, tuple[Effect, ...]]:
        state = State(self.pipeline, self.created, self.updated, self.stages, self.executions, self.runs, self.tokens)
        return state, tuple(self.effects)

    # ---- values ----

    def execution(self, execution: str, **changes: Any) -> Execution:
        changed = replace(self.executions[execution], updated=self.now, **changes)
        self.executions[execution] = changed
        return changed

    def stage_state(self, stage: str, **changes: Any) -> StageState:
        self.stages[stage] = replace(self.stages[stage], **changes)
        return self.stages[stage]

    def stage_run(self, execution: str, stage: str, **changes: Any) -> StageRun:
        known = self.executions[execution].stages
        changed = replace(known[stage], **changes)
        self.execution(execution, stages={**known, stage: changed})
        return changed

    def run(self, run: str, **changes: Any) -> ActionRun:
        self.runs[run] = replace(self.runs[run], updated=self.now, **changes)
        return self.runs[run]

    def announce(
        self, level: str, state: str, execution: str, stage: str | None = None, run: str | None = None
    ) -> None:
        self.effects.append(Announce(level, state, execution, stage, run))  # type: ignore[arg-type]

    # ---- between the stages ----

    def arrive(self, execution: str, position: int) -> None:
        """In front of a stage. SUPERSEDED: only the newest of those who wait goes on waiting."""
        stage = self.pipeline.stages[position].name
        self.execution(execution, position=position, waiting=True)
        waiting = (*self.stages[stage].inbound, execution)
        if self.pipeline.mode == "SUPERSEDED":
            newest = max(waiting, key=lambda each: self.executions[each].number)
            for each in waiting:
                if each != newest:
                    self.close(each, "Superseded")
            waiting = (newest,)
        self.stage_state(stage, inbound=waiting)
        self.admit(stage)

    def admit(self, stage: str) -> None:
        """The first who waits enters, when nobody is in the stage and the transition is open."""
        state = self.stages[stage]
        if state.occupant is None and state.enabled and state.inbound:
            self.enter(state.inbound[0], stage)

    def enter(self, execution: str, stage: str) -> None:
        """Take the stage's lock and start the first group."""
        state = self.stages[stage]
        inbound = tuple(each for each in state.inbound if each != execution)
        self.stage_state(stage, occupant=execution, latest=execution, inbound=inbound)
        known = self.executions[execution].stages
        self.execution(execution, waiting=False, stages={**known, stage: StageRun("InProgress", 1, 0, self.now)})
        self.announce("Stage", "STARTED", execution, stage)
        self.pass_by(execution, stage, "beforeEntry")
        self.begin_group(execution, stage)

    def pass_by(self, execution: str, stage: str, when: str) -> None:
        """Conditions are not evaluated here: the execution says of each that it was let pass."""
        condition = self.pipeline.stage(stage).condition(when)
        if condition:
            before = self.executions[execution].summary
            told = f"{stage}: {passed_by(condition)}"
            self.execution(execution, summary=f"{before}; {told}" if before else told)

    def leave(self, execution: str, stage: str) -> None:
        if stage in self.stages and self.stages[stage].occupant == execution:
            self.stage_state(stage, occupant=None)

    def close(self, execution: str, status: PipelineStatus, summary: str | None = None) -> None:
        """The execution's end; a failed or stopped one may come back by a retry."""
        kept = summary if summary is not None else self.executions[execution].summary
        self.execution(execution, status=status, waiting=False, stopping=False, cancelling=False, summary=kept)
        self.announce("Pipeline", ANNOUNCED[status], execution)

    # ---- within a stage ----

    def begin_group(self, execution: str, stage: str, only: Iterable[str] | None = None) -> None:
        """All actions of the present runOrder are admitted before the first effect."""
        stage_run = self.executions[execution].stages[stage]
        group = self.pipeline.stage(stage).groups[stage_run.group]
        wanted = set(only) if only is not None else {action.name for action in group}
        runs = [
            self._new_run(self.executions[execution], self.pipeline.stage(stage), action, stage_run)
            for action in group
            if action.name in wanted
        ]
        self.runs.update((run.id, run) for run in runs)
        named = {**stage_run.runs, **{run.action: run.id for run in runs}}
        self.stage_run(execution, stage, runs=named)
        for run in runs:
            self.announce("Action", "STARTED", execution, stage, run.id)
            if run.status == "InProgress":
                self.effects.append(Begin(run))
            else:
                self.announce("Action", "FAILED", execution, stage, run.id)
        self.settle(execution, stage)

    def _new_run(self, execution: Execution, stage: Stage, action: Action, stage_run: StageRun) -> ActionRun:
        region = action.region or self.region
        error, resolved, inputs = None, {}, {}
        try:
            resolved = resolve(action.configuration, self.namespaces(execution))
            inputs = self._inputs(execution, action)
        except Unresolved as problem:
            error = ErrorDetails("ConfigurationError", str(problem))
        return ActionRun(
            id=self.new_id(),
            execution=execution.id,
            stage=stage.name,
            action=action.name,
            attempt=stage_run.attempt,
            version=execution.version,
            type=action.type,
            status="Failed" if error else "InProgress",
            started=self.now,
            updated=self.now,
            configuration=action.configuration,
            resolved=resolved,
            inputs=inputs,
            outputs={name: self._output(action, name, region) for name in action.outputs},
            role_arn=action.role_arn,
            region=action.region,
            namespace=action.namespace,
            deadline=deadlines.deadline(action, self.now),
            token=self.new_id() if action.type.provider == "Manual" else None,
            override=next((each for each in execution.overrides if each.action == action.name), None),
            input_revisions={
                name: execution.revisions[execution.revision_artifacts[name]].id
                for name in inputs
                if name in execution.revision_artifacts
            },
            error=error,
        )

    def _inputs(self, execution: Execution, action: Action) -> dict[str, Location]:
        missing = [name for name in action.inputs if name not in execution.artifacts]
        if missing:
            raise Unresolved(f"The input artifact {missing[0]} of the action {action.name} was never made")
        return {name: execution.artifacts[name] for name in action.inputs}

    def _output(self, action: Action, name: str, region: str) -> Location:
        bucket = self.pipeline.store(region).bucket
        source = action.type.category == "Source"
        return artifacts.location(bucket, self.pipeline.name, name, self.new_id(), source=source)

    def namespaces(self, execution: Execution) -> dict[str, Any]:
        return {
            **execution.namespaces,
            "codepipeline": {"PipelineExecutionId": execution.id},
            "variables": execution.variables,
        }

    def current_runs(self, execution: str, stage: str) -> list[ActionRun]:
        """The latest attempt of each action that this pass through the stage has started."""
        return [self.runs[run] for run in self.executions[execution].stages[stage].runs.values()]

    def settle(self, execution: str, stage: str) -> None:
        """What follows when no action of the stage runs any more; nothing while one does."""
        runs = self.current_runs(execution, stage)
        if any(run.status == "InProgress" for run in runs):
            return
        failed = [run for run in runs if run.status in ("Failed", "Abandoned")]
        about = self.executions[execution]
        if about.cancelling:
            self._end_stage(execution, stage, "Cancelled", "Cancelled")
        elif failed and about.stopping:
            self._end_stage(execution, stage, "Stopped", "Stopped")
        elif failed:
            self._fail(execution, stage, failed)
        elif self._more_groups(execution, stage):
            self._next_group(execution, stage)
        else:
            self._succeed(execution, stage)

    def _more_groups(self, execution: str, stage: str) -> bool:
        return self.executions[execution].stages[stage].group + 1 < len(self.pipeline.stage(stage).groups)

    def _next_group(self, execution: str, stage: str) -> None:
        if self.executions[execution].stopping:
            self._end_stage(execution, stage, "Stopped", "Stopped")
            return
        self.stage_run(execution, stage, group=self.executions[execution].stages[stage].group + 1)
        self.begin_group(execution, stage)

    def _succeed(self, execution: str, stage: str) -> None:
        self.pass_by(execution, stage, "onSuccess")
        self.stage_run(execution, stage, status="Succeeded", ended=self.now)
        self.announce("Stage", "SUCCEEDED", execution, stage)
        self.leave(execution, stage)
        about = self.executions[execution]
        following = self.pipeline.position(stage) + 1
        if about.type == "ROLLBACK" or following == len(self.pipeline.stages):
            self.close(execution, "Succeeded")
        elif about.stopping:
            self.execution(execution, position=following)
            self.close(execution, "Stopped")
        else:
            self.arrive(execution, following)
        self.admit(stage)

    def _end_stage(self, execution: str, stage: str, stage_status: StageStatus, status: PipelineStatus) -> None:
        self.stage_run(execution, stage, status=stage_status, ended=self.now)
        self.announce("Stage", ANNOUNCED[stage_status], execution, stage)
        self.leave(execution, stage)
        self.close(execution, status)
        if stage in self.stages:
            self.admit(stage)

    def _fail(self, execution: str, stage: str, failed: list[ActionRun]) -> None:
        """The stage failed: retried once, gone back from, or left as it is, as its declaration says."""
        # What the machine's own stop broke is for a person to retry: a rule would act on a half-known past.
        by_rule = not any(run.error and run.error.code == MACHINE_STOPPED for run in failed)
        rule = self.pipeline.stage(stage).on_failure if by_rule else None
        about = self.executions[execution]
        if rule and rule.result == "RETRY" and about.stages[stage].automatic_retries == 0:
            self.retry(execution, stage, rule.retry_mode, automatic=True)
            return
        self.stage_run(execution, stage, status="Failed", ended=self.now)
        self.announce("Stage", "FAILED", execution, stage)
        self.pass_by(execution, stage, "onFailure")
        self.leave(execution, stage)
        self.close(execution, "Failed")
        if rule and rule.result == "ROLLBACK" and about.type == "STANDARD" and (target := self.last_success(stage)):
            trigger = Trigger("AutomatedRollback", f'{{"FailedPipelineExecutionId":"{execution}"}}')
            self.roll_back(self.new_id(), stage, target, trigger)
        self.admit(stage)

    def retry(self, execution: str, stage: str, mode: RetryMode, *, automatic: bool) -> None:
        """Run the stage's failed actions, or all of them, once more, in the same execution."""
        stage_run = self.executions[execution].stages[stage]
        failed = [run.action for run in self.current_runs(execution, stage) if run.status in ("Failed", "Abandoned")]
        again = mode == "ALL_ACTIONS"
        self.stage_state(stage, occupant=execution, latest=execution)
        self.stage_run(
            execution,
            stage,
            status="InProgress",
            ended=None,
            attempt=stage_run.attempt + 1,
            group=0 if again else stage_run.group,
            runs={} if again else stage_run.runs,
            automatic_retries=stage_run.automatic_retries + automatic,
            manual_retries=stage_run.manual_retries + (not automatic),
            last_retry="AutomatedStageRetry" if automatic else "ManualStageRetry",
        )
        if self.executions[execution].status != "InProgress":
            self.execution(execution, status="InProgress", attempt=self.executions[execution].attempt + 1, summary=None)
            self.announce("Pipeline", "RESUMED", execution)
        self.announce("Stage", "RESUMED", execution, stage)
        if again or failed:
            self.begin_group(execution, stage, None if again else failed)
        else:
            self.settle(execution, stage)

    def roll_back(self, execution: str, stage: str, target: str, trigger: Trigger) -> None:
        """A new execution of this stage alone, with the artifacts and variables that the target had."""
        goal = self.executions[target]
        self.executions[execution] = Execution(
            id=execution,
            number=self.next_number(),
            version=self.pipeline.version,
            type="ROLLBACK",
            status="InProgress",
            trigger=trigger,
            started=self.now,
            updated=self.now,
            position=self.pipeline.position(stage),
            waiting=False,
            variables=goal.variables,
            artifacts=goal.artifacts,
            revisions=goal.revisions,
            revision_artifacts=goal.revision_artifacts,
            namespaces=goal.namespaces,
            target=target,
        )
        self.announce("Pipeline", "STARTED", execution)
        self.enter(execution, stage)

    def last_success(self, stage: str) -> str | None:
        """The execution that went through the stage last, of this version of the pipeline."""
        ended = [
            (each.stages[stage].ended or 0.0, each.number, each.id)
            for each in self.executions.values()
            if each.type == "STANDARD"
            and each.version == self.pipeline.version
            and stage in each.stages
            and each.stages[stage].status == "Succeeded"
        ]
        return max(ended)[2] if ended else None

    def next_number(self) -> int:
        return max((each.number for each in self.executions.values()), default=0) + 1

    def abandon(self, run: ActionRun) -> None:
        self.run(run.id, status="Abandoned")
        self.effects.append(Forget(run))
        self.announce("Action", "ABANDONED", run.execution, run.stage, run.id)
