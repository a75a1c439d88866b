"""The engine: takes events one at a time, writes what they change, then has their effects done.

event → scheduler.step → store.save → effects: an action begins in a thread of its own, EventBridge is told.
Nothing is decided here, and nothing is done before it is written down.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from local.codepipeline import announcements
from local.codepipeline.messages import (
    Announce,
    Begin,
    Effect,
    Event,
    Forget,
    Replace,
    Restarted,
    Start,
    Succeeded,
    Tick,
)
from local.codepipeline.model import Pipeline
from local.codepipeline.scheduler import step
from local.codepipeline.state import ActionRun, State, Trigger, empty
from local.codepipeline.store import Store
from local.context import Events, Server
from local.settings import Home
from local.wire import Fault

log = logging.getLogger(__name__)


class Runner(Protocol):
    """Who does the actions; `begin` returns at once."""

    def begin(self, pipeline: Pipeline, run: ActionRun) -> None: ...

    def forget(self, run: ActionRun) -> None: ...


@dataclass(frozen=True)
class World:
    """What the engine needs of the outside, handed in."""

    home: Home
    events: Events
    server: Server
    clock: Callable[[], float] = time.time
    new_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))


class Engine:
    def __init__(self, world: World, store: Store) -> None:
        self.world = world
        self.store = store
        self._states: dict[str, State] = {}
        self._lock = threading.RLock()
        self._due = threading.Condition(self._lock)
        self._runner: Runner | None = None
        self._clock_thread: threading.Thread | None = None
        self._stopping = False

    # ---- life ----

    def load(self, runner: Runner) -> None:
        """What was written last; nothing runs yet."""
        self._runner = runner
        self._states = self.store.states()

    def start(self) -> None:
        """Close what ran when the machine was stopped, then let time pass."""
        for name in list(self._states):
            self.tell(name, Restarted())
        self._clock_thread = threading.Thread(target=self._watch_deadlines, name="codepipeline-clock", daemon=True)
        self._clock_thread.start()

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            self._due.notify_all()
        if self._clock_thread:
            self._clock_thread.join()

    @property
    def stopping(self) -> bool:
        return self._stopping

    def _watch_deadlines(self) -> None:
        with self._lock:
            while not self._stopping:
                now = self.world.clock()
                for name, state in list(self._states.items()):
                    if any(deadline <= now for deadline in _deadlines(state)):
                        self.tell(name, Tick())
                pending = [deadline for state in self._states.values() for deadline in _deadlines(state)]
                self._due.wait(max(0.0, min(pending) - self.world.clock()) if pending else None)

    # ---- reading ----

    def state(self, pipeline: str) -> State:
        with self._lock:
            found = self._states.get(pipeline)
        if found is None:
            raise Fault(
                "PipelineNotFoundException",
                f"Account '{self.world.home.account}' does not have a pipeline with name '{pipeline}'",
            )
        return found

    def states(self) -> Mapping[str, State]:
        with self._lock:
            return dict(self._states)

    def arn(self, pipeline: str) -> str:
        return f"arn:aws:codepipeline:{self.world.home.region}:{self.world.home.account}:{pipeline}"

    # ---- changing ----

    def create(self, pipeline: Pipeline, tags: dict[str, str], by: str) -> None:
        """A new pipeline runs once, as on AWS."""
        with self._lock:
            if pipeline.name in self._states:
                raise Fault("PipelineNameInUseException", f"A pipeline with name '{pipeline.name}' already exists")
            state = empty(pipeline, self.world.clock())
            self.store.save(None, state, tags)
            self._states[pipeline.name] = state
            self.tell(pipeline.name, Start(self.world.new_id(), Trigger("CreatePipeline", by)))

    def update(self, pipeline: Pipeline) -> None:
        self.tell(pipeline.name, Replace(pipeline))

    def delete(self, pipeline: str) -> None:
        """Deleting what is not there is no error."""
        with self._lock:
            state = self._states.pop(pipeline, None)
            if state is None:
                return
            self.store.delete(pipeline)
            for run in state.runs.values():
                if run.status == "InProgress" and self._runner:
                    self._runner.forget(run)

    def tell(self, pipeline: str, event: Event) -> State:
        """The state after the event; what the scheduler refuses is the caller's Fault."""
        with self._lock:
            before = self.state(pipeline)
            after, effects = step(before, event, self.world.clock(), self.world.new_id, self.world.home.region)
            self.store.save(before, after)
            self._states[pipeline] = after
            for effect in effects:
                self._do(after, effect)
            self._due.notify_all()
            return after

    def report(self, pipeline: str, event: Event) -> None:
        """What a provider has to say; of a pipeline that was deleted meanwhile it is stale.

        A success stands in a store of its own: the artifacts and images that it speaks of must outlive a kill, too.
        """
        if isinstance(event, Succeeded):
            self.world.server.settle()
        with self._lock:
            if pipeline in self._states and not self._stopping:
                self.tell(pipeline, event)

    def _do(self, state: State, effect: Effect) -> None:
        if isinstance(effect, Announce):
            self.world.events.publish(
                "aws.codepipeline",
                announcements.detail_type(effect),
                [self.arn(state.pipeline.name)],
                announcements.detail(effect, state, self.world.home.region),
            )
        elif self._runner is None:
            raise RuntimeError("the engine was told something before it was loaded")
        elif isinstance(effect, Begin):
            self._runner.begin(state.pipeline, effect.run)
        elif isinstance(effect, Forget):
            self._runner.forget(effect.run)


def _deadlines(state: State) -> list[float]:
    return [run.deadline for run in state.runs.values() if run.status == "InProgress" and run.deadline is not None]
