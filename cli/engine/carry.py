"""A session and what is to be delivered -> a plan, or an outcome."""

import os
import sys
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Console, seconds
from cli.engine.errors import CODES, here
from cli.engine.interrupt import Interrupt
from cli.engine.progress import Progress
from cli.engine.session import Session
from cli.engine.sources import Bundle
from cli.engine.world import AnyRegistry, LiveSecrets, find_tools, target_of
from cli.errors import INTERRUPTED, OK
from cli.world import World
from deployer.flow import deliver, plan
from deployer.inventory import FINAL
from deployer.log import Log
from deployer.outcome import Continue, Failed, Outcome, Succeeded
from deployer.plan import Plan
from deployer.redact import Redactor
from deployer.target import Target
from deployer.values import dataclass, field
from deployer.world import Edges, Request, world_around
from deployer.world import World as Release

if TYPE_CHECKING:
    from deployer.charts.registry import Registries

NOTHING = Bundle((), {})


@dataclass(frozen=True)
class Delivery:
    """What is delivered: an artifact with its images by name, or an earlier release's stored set."""

    bundle: Bundle = NOTHING
    repositories: Mapping[str, str] = field(default_factory=dict)
    document: Callable[[], bytes] = bytes  # release.json
    again: int = 0
    plan: str = ""  # the digest of the plan that was read
    read: Mapping[str, Any] | None = None
    verify_all: bool = False

    def fetch(self, folder: Path) -> None:
        self.bundle.copy(folder)
        (folder / "release.json").write_bytes(self.document())


@dataclass(frozen=True)
class Result:
    """How a run ended, for people and for `--output json`."""

    outcome: Outcome
    number: int
    counts: Mapping[str, int]
    stages: Mapping[str, float]
    took: float

    @property
    def code(self) -> int:
        match self.outcome:
            case Succeeded():
                return OK
            case Continue():
                return INTERRUPTED
            case Failed(kind=kind):
                return CODES[kind]

    @property
    def message(self) -> str:
        match self.outcome:
            case Failed(message=message):
                return here(message)
            case Succeeded() | Continue():
                return self.outcome.summary

    def data(self, session: Session) -> dict[str, Any]:
        return {
            "release": self.number,
            "service": session.place.service,
            "environment": session.place.label,
            "namespace": session.place.namespace,
            "outcome": {OK: "succeeded", INTERRUPTED: "interrupted"}.get(self.code, "failed"),
            "message": self.message,
            "counts": dict(self.counts),
            "stages": {stage: round(took, 3) for stage, took in self.stages.items()},
            "seconds": round(self.took, 3),
        }


class Work:
    """One session's deliveries: planned, and carried out."""

    def __init__(self, session: Session, outside: World, delivery: Delivery) -> None:
        self.session = session
        self.delivery = delivery
        self.redactor = Redactor()
        self._outside = outside

    def planned(self) -> Plan:
        """What would be done; nothing is written."""
        with open(os.devnull, "w") as nowhere:
            log = Log(self.redactor, nowhere)
            return plan(self._world(log), self._request(self.session.execution())).plan

    def carried_out(self, console: Console, execution: str) -> Result:
        """Deliver; Ctrl-C lets what is on its way end, and leaves the rest to the next run."""
        with open(os.devnull, "w") as nowhere, Progress(console) as progress:
            stop = Interrupt(progress.stop)
            log = Log(self.redactor, nowhere).also(progress.hear)
            with stop:
                outcome = deliver(self._world(log), self._request(execution), stop.budget)
        return Result(self._cleaned(outcome), progress.number, progress.counts, progress.stages, progress.took)

    def _cleaned(self, outcome: Outcome) -> Outcome:
        """As the job's answer is: masked, and free of control characters."""
        if isinstance(outcome, Failed):
            return Failed(self.redactor.clean(outcome.message), outcome.kind)
        return outcome

    def _world(self, log: Log) -> Release:
        session, delivery = self.session, self.delivery
        place = session.place
        target = target_of(place, delivery.repositories, delivery.bundle.deliveries)
        edges = Edges(
            ledger=session.ledger,
            registry=AnyRegistry(),
            vault=LiveSecrets(session.kube, place.namespace, place.secrets),
            tools=find_tools(self._outside.environ),
            charts=lambda: self._charts(target),
        )
        return world_around(session.kube, target, edges, self.redactor, log, session.arrival)

    def _charts(self, target: Target) -> "Registries":
        from cli.engine.charts import registries  # only where a chart is pulled

        return registries(target, self._outside.client)

    def _request(self, execution: str) -> Request:
        delivery, run = self.delivery, uuid.uuid4().hex
        return Request(
            execution=execution,
            attempt=run,
            holder=f"{self.session.by}/{run}",
            fetch=delivery.fetch,
            plan=delivery.plan,
            read=delivery.read,
            verify_all=delivery.verify_all,
            again=delivery.again,
        )


def changes(planned: Plan) -> bool:
    """Whether a plan does anything: what stays and what is left alone is nothing."""
    return any(planned.counts.get(action) for action in ("created", "configured", "deleted"))


def announce(console: Console, session: Session) -> None:
    """What goes where; and what may keep it waiting."""
    place = session.place
    console.say(f"{place.told}: namespace {place.namespace}, context {session.access.context}")
    if session.journal.holder:
        busy = session.journal.holder.partition("/")[0] if "@" in session.journal.holder else "the pipeline"
        console.say(f"  {busy} is at work there (release {session.journal.number}): waiting for the lock")
    elif session.journal.stage not in FINAL:
        console.say(f"  release {session.journal.number} stopped at `{session.journal.stage}`: taken up by this one")


def tell(console: Console, session: Session, result: Result, command: str) -> None:
    """The end of a run: what changed, how long it took, what to do next."""
    place = session.place
    match result.outcome:
        case Succeeded():
            mark = console.colour("green", "✓")
            console.say(f"{mark} {place.told}: {result.message}  ({seconds(result.took)})")
        case Continue(token=token):
            sys.stderr.write(
                f"shipline: interrupted: release {result.number} stands at `{token.stage}`, and nothing is lost\n"
                f"  → the next `{command}` takes it up; `shipline rollback` goes back to the release before\n"
            )
        case Failed():
            sys.stderr.write(f"shipline: {result.message}\n")
