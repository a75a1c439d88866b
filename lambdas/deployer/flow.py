"""The straight path of a release, and the way back: stages in order, each entered as often as it takes.

    begin    Request -> Journal at `before`: prepare, plan, open the record; writes no object of the release
    before   Helm's pre hooks
    apply    the plan's objects, or all of them when an earlier invocation was cut short
    wait     until everything is healthy; a doomed object ends the stage at once
    after    Helm's post hooks
    prune    what the release no longer has; only after the new is healthy, so that a way back finds the old
    close    records say Succeeded; the release is now the one to go back to
    restore  after a failure: what this release changed, from the previous release's stored set
    settle   until the previous release is healthy again; records say Failed

A stage returns the next one, or None when the invocation is over; the journal names the stage, so the next invocation
goes on there. Nothing here decides by a clock what another release may do.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from deployer import report
from deployer.apply import apply_all
from deployer.budget import Budget
from deployer.desired import Desired, Item
from deployer.ending import answer
from deployer.errors import DeployError, Fatal, Superseded, Unavailable
from deployer.helm.chart import Chart
from deployer.helm.hooks import HookFailed
from deployer.helm.stages import Charts, foresee
from deployer.inventory import FINAL, Hold, Journal, Member, Stage, widened
from deployer.ledger.gate import stops, takes_over
from deployer.objects import Identity
from deployer.outcome import Continue, Failed, Outcome
from deployer.plan import Plan, make_plan
from deployer.prepare import Prepared, prepare
from deployer.prune import remove
from deployer.restore import way_back
from deployer.wait.rollout import Rollout
from deployer.wait.spoken import Spoken
from deployer.world import Request, World, same_artifact

CHECK_EVERY = 1.0  # seconds after which a wait asks for its lock and its budget, when nothing changes
SETTLE_WITHIN = 300.0  # seconds that the previous release has to become healthy again


@dataclass(frozen=True)
class Planned:
    prepared: Prepared
    plan: Plan


def deliver(world: World, request: Request, budget: Budget) -> Outcome:
    """One invocation. Fenced is raised when another one carries on with the same release."""
    number = request.token.release if request.token else world.ledger.number(request.execution)
    world.log.event("invoked", release=number, environment=world.target.environment, continued=bool(request.token))
    try:
        hold = world.inventory.take(number, request.holder, request.attempt, budget.over, request.token)
    except Superseded as superseded:
        above = takes_over(world.ledger, world.inventory.read()[0])
        if above >= number:
            return _renumbered(world, request, budget, above)
        world.ledger.supersede(number, superseded.reason)
        return Failed(str(superseded))
    except DeployError as error:
        if request.token is None:  # whoever brings a token says himself which release it is about
            world.ledger.close(number, "Failed", str(error))
        raise
    if hold is None:
        return Continue(world.inventory.token(number, "take", 0), "another invocation is at work")
    if isinstance(hold, Journal):
        return answer(world, hold)
    above = takes_over(world.ledger, hold.journal)
    if above == number:
        hold.release()
        return _renumbered(world, request, budget, above)
    try:
        stopped = stops(world.ledger, number, hold.journal)
        outcome = _stopped(world, number, stopped) if stopped else Run(world, request, budget, hold, number).run()
        hold.release()
    finally:
        hold.abandon()
    return outcome


def _renumbered(world: World, request: Request, budget: Budget, above: int) -> Outcome:
    """The table takes over from a ledger in the cluster, which has counted further."""
    world.ledger.number(request.execution, above)
    return deliver(world, request, budget)


def _stopped(world: World, number: int, reason: str) -> Failed:
    """Nothing is changed, not even what an earlier release left half done."""
    world.log.event("held", release=number, reason=reason)
    world.ledger.close(number, "Held", reason)
    return Failed(report.failure(number, world.target.environment, reason, "Nothing was changed.", ""))


def plan(world: World, request: Request) -> Planned:
    """What `deliver` would do, with the live objects and what a dry run made of them; reads, and never writes."""
    journal, _ = world.inventory.read()
    prepared = prepare(world, request)
    _, journal = foresee(world.cluster, world.records, prepared.desired, journal, world.target.namespace)
    return Planned(prepared, make_plan(world.cluster, prepared.desired, journal, world.inventory.id))


@dataclass
class Run:
    world: World
    request: Request
    budget: Budget
    hold: Hold
    number: int
    first: tuple[Item, ...] | None = None  # what the plan of this very invocation found to be applied
    loaded: Desired | None = None
    generations: Mapping[Identity, int] = field(default_factory=dict)  # of what this very invocation wrote last

    def run(self) -> Outcome:
        resumes = self._resumes()
        try:
            if not resumes:
                self._begin()
            elif self.hold.journal.stage not in ("restore", "settle"):
                self._refuse_another_artifact()
        except Unavailable as unavailable:
            return self._unavailable(unavailable)
        except DeployError as error:
            if not resumes:
                return self._refused(error)
            self._failed(error)
        return self._drive()

    def _resumes(self) -> bool:
        """Whether the journal is about this very attempt: then it goes on where it stands."""
        journal = self.hold.journal
        return journal.number == self.number and journal.attempt == self.request.attempt

    def _refuse_another_artifact(self) -> None:
        """What a release was begun from is what it goes on with, and what it is retried from."""
        journal = self.hold.journal
        if journal.number == self.number and not same_artifact(journal.artifact, self.request.seal()):
            raise Fatal(
                "it is not the one that this release was begun from: it was replaced meanwhile.",
                subject="the input artifact",
                remedy="Look who may write to the artifact bucket, and release anew.",
            )

    def _begin(self) -> None:
        world, journal = self.world, self.hold.journal
        prepared = prepare(world, self.request)
        self._refuse_another_artifact()
        revisions, journal = foresee(world.cluster, world.records, prepared.desired, journal, world.target.namespace)
        plan = make_plan(world.cluster, prepared.desired, journal, world.inventory.id)
        self.first = tuple(step.item for step in plan.steps if step.action in ("created", "configured"))
        world.log.event("planned", release=self.number, **plan.counts)
        self.request.planned(Planned(prepared, plan))
        self._open(prepared, plan, revisions, widened(journal.members, plan.members))

    def _open(self, prepared: Prepared, plan: Plan, revisions: Mapping[str, int], members: tuple[Member, ...]) -> None:
        """The record first, then the set to come back to, then the journal: all before the first object is written."""
        world, journal = self.world, self.hold.journal
        self.hold.check()
        world.ledger.open(self.number, self.request.execution, prepared.release)
        world.store.save(self.number, prepared.desired)
        self.loaded = prepared.desired
        self.hold.update(
            number=self.number,
            attempt=self.request.attempt,
            stage="before",
            dirty=journal.dirty or journal.stage not in FINAL,
            waited=0.0,
            failure="",
            counts=plan.counts,
            digests=report.digests(prepared.release),
            ledger=world.ledger.origin,
            artifact=self.request.seal(),
            revisions=dict(revisions),
            hooks=(),
            members=members,
        )

    def _drive(self) -> Outcome:
        stages: dict[Stage, Callable[[], Stage | None]] = {
            "before": self._before,
            "apply": self._apply,
            "wait": self._wait,
            "after": self._after,
            "prune": self._prune,
            "close": self._close,
            "restore": self._restore,
            "settle": self._settle,
        }
        while (stage := self.hold.journal.stage) not in FINAL:
            if self.budget.over():
                return self._continue()
            began = time.monotonic()
            try:
                following = stages[stage]()
            except Unavailable as unavailable:
                return self._unavailable(unavailable)
            except (DeployError, HookFailed) as error:
                if stage in ("restore", "settle"):
                    return self._stuck(error)
                following = self._failed(error)
            self.world.log.event("stage", release=self.number, stage=stage, seconds=round(time.monotonic() - began, 3))
            if following is None:
                return self._continue()
            if following != self.hold.journal.stage:
                self.hold.update(stage=following)
        return answer(self.world, self.hold.journal)

    # --- the straight path

    def _before(self) -> Stage | None:
        return "apply" if self._charts.before(self._desired()) else None

    def _apply(self) -> Stage | None:
        # A later invocation does not know what an earlier one had done: it sends everything again.
        items = self.first if self.first is not None else self._desired().items
        applied = apply_all(self.world.cluster, items, self.hold.check)
        self.generations = {each.member.identity: each.generation for each in applied}
        self.hold.update(members=widened(self.hold.journal.members, [each.member for each in applied]))
        return "wait"

    def _wait(self) -> Stage | None:
        return self._until_healthy(self._desired(), self.world.target.patience, "after")

    def _after(self) -> Stage | None:
        return "prune" if self._charts.after(self._desired()) else None

    def _prune(self) -> Stage | None:
        desired = {item.identity for item in self._desired().items}
        leaving = [member for member in self.hold.journal.members if member.identity not in desired]
        if not self._charts.leaving(self._left_charts, "pre-delete"):
            return None
        removed = self._remove(leaving)
        self.world.log.event("pruned", release=self.number, objects=[str(member.identity) for member in removed])
        # From now on they are the release's own, whoever made them.
        staying = tuple(
            member._replace(adopted=False) for member in self.hold.journal.members if member.identity in desired
        )
        self.hold.update(members=staying)
        return "close" if self._charts.leaving(self._left_charts, "post-delete") else None

    def _close(self) -> Stage | None:
        world, journal, desired = self.world, self.hold.journal, self._desired()
        self._charts.succeeded(desired)
        world.ledger.close(self.number, "Succeeded", report.success(self.number, journal.counts))
        world.ledger.runs(self.number)
        before = journal.good
        world.store.keep_only({self.number, before})
        here = {chart.release: journal.revisions[chart.release] for chart in desired.charts}
        self.hold.update(stage="succeeded", good=self.number, dirty=False, holder="", revisions=here)
        return "succeeded"

    # --- the way back

    def _failed(self, error: DeployError | HookFailed) -> Stage:
        """The release has failed: remember why, and turn round."""
        journal = self.hold.journal
        reason = self.world.redactor.clean(str(error))
        self.world.log.event("failed", release=self.number, stage=journal.stage, reason=reason)
        back = journal.good and journal.good != self.number
        self.hold.update(failure=reason, stage="restore" if back else "settle", waited=0.0)
        return self.hold.journal.stage

    def _restore(self) -> Stage | None:
        world, journal = self.world, self.hold.journal
        previous = world.store.load(journal.good)
        world.redactor.learn_objects(item.object for item in previous.items)
        current = None if journal.dirty else self._desired()
        way = way_back(previous, current, journal.members)
        if not self._charts.rolling_back(previous, "pre-rollback"):
            return None
        # By force: what the failed release took over a moment ago must come back whoever else touched it since.
        applied = apply_all(world.cluster, way.apply, self.hold.check, force=True)
        self.generations = {each.member.identity: each.generation for each in applied}
        removed = self._remove(way.delete)
        world.log.event("restored", release=journal.good, applied=len(applied), deleted=len(removed))
        gone = {member.identity for member in way.delete}
        kept = tuple(member for member in journal.members if member.identity not in gone)
        self.hold.update(members=widened(kept, [each.member for each in applied]))
        return "settle"

    def _settle(self) -> Stage | None:
        world, journal = self.world, self.hold.journal
        back = journal.good and journal.good != self.number
        if back:
            previous = world.store.load(journal.good)
            if self._until_healthy(previous, SETTLE_WITHIN, "settle") is None:
                return None
            if not self._charts.rolling_back(previous, "post-rollback"):
                return None
            self._charts.failed(self._desired, previous)
            world.ledger.runs(journal.good)
        else:
            self._charts.failed(self._desired, None)
        summary = report.shortened(journal.failure, report.LONGEST_SUMMARY)
        world.ledger.close(self.number, "Failed", summary, restored=journal.good if back else 0)
        world.store.keep_only({self.number, journal.good})
        self.hold.update(stage="failed", dirty=False, holder="")
        return "failed"

    # --- what the stages share

    def _desired(self) -> Desired:
        """This release's set, as it was stored when the release was opened."""
        if self.loaded is None:
            self.loaded = self.world.store.load(self.number)
            self.world.redactor.learn_objects(item.object for item in self.loaded.items)
        return self.loaded

    def _until_healthy(self, desired: Desired, patience: float, following: Stage) -> Stage | None:
        """`following` when all is healthy; None when the invocation is over; Fatal when it will not be."""
        world, before, began = self.world, self.hold.journal.waited, time.monotonic()
        spoken = Spoken(lambda state: world.log.event("waiting", release=self.number, state=state))
        with Rollout(world.cluster, world.target.namespace, world.inventory.id, world.redactor.clean) as rollout:
            rollout.begin(desired, self.generations)
            while not (verdict := rollout.next(CHECK_EVERY)).healthy:
                self.hold.check()
                if verdict.doomed:
                    raise Fatal(verdict.doomed)
                waited = before + time.monotonic() - began
                spoken.of(verdict.summary, waited)
                if waited > patience:
                    raise Fatal(f"not healthy within {patience:.0f} s.\n{rollout.trouble() or verdict.summary}")
                if self.budget.over():
                    self.hold.update(waited=waited)
                    return None
        if verdict.notes:
            world.log.event("noted", release=self.number, objects=verdict.noted)
        return following

    @property
    def _charts(self) -> Charts:
        world = self.world
        return Charts(
            cluster=world.cluster,
            records=world.records,
            namespace=world.target.namespace,
            hold=self.hold,
            number=self.number,
            over=self.budget.over,
            patience=world.target.patience,
        )

    def _left_charts(self) -> tuple[Chart, ...]:
        """The charts of the release that this one follows."""
        good = self.hold.journal.good
        return self.world.store.load(good).charts if good else ()

    def _remove(self, members: Iterable[Member]) -> list[Member]:
        releases = frozenset(self.hold.journal.revisions)
        return remove(self.world.cluster, members, self.world.inventory.id, self.hold.check, releases)

    # --- how an invocation ends

    def _refused(self, error: DeployError) -> Outcome:
        """Nothing of this release was written. What an earlier one left half done is mended all the same."""
        world, journal = self.world, self.hold.journal
        reason = world.redactor.clean(str(error))
        world.log.event("refused", release=self.number, reason=reason)
        summary = report.shortened(reason, report.LONGEST_SUMMARY)
        if journal.stage not in FINAL and journal.good:
            self.hold.update(
                number=self.number,
                attempt=self.request.attempt,
                stage="restore",
                dirty=True,
                failure=reason,
                revisions={release: min(0, number) for release, number in journal.revisions.items()},
            )
            return self._drive()
        world.ledger.close(self.number, "Failed", summary)
        return Failed(
            report.failure(
                self.number, world.target.environment, reason, "Nothing was changed.", "Next: fix it and push."
            ),
            error.kind,
        )

    def _stuck(self, error: DeployError | HookFailed) -> Outcome:
        """Going back failed, too: both errors are told, and the journal stays where the next run takes it up."""
        world, journal = self.world, self.hold.journal
        reason = world.redactor.clean(str(error))
        both = f"{journal.failure}\nGoing back to release {journal.good} failed as well: {reason}"
        world.log.event("stuck", release=self.number, reason=reason)
        world.ledger.close(self.number, "Failed", report.shortened(both, report.LONGEST_SUMMARY))
        remedy = "Next: fix it and push, or retry the stage; the next run takes it up from here."
        return Failed(report.failure(self.number, world.target.environment, both, "", remedy))

    def _unavailable(self, error: Unavailable) -> Outcome:
        world, journal = self.world, self.hold.journal
        reason = world.redactor.clean(str(error))
        world.log.event("unavailable", release=self.number, stage=journal.stage, reason=reason)
        world.ledger.close(self.number, "Failed", report.shortened(reason, report.LONGEST_SUMMARY))
        return Failed(report.failure(self.number, world.target.environment, reason, "", ""), error.kind)

    def _continue(self) -> Outcome:
        journal = self.hold.journal
        self.world.log.event("continues", release=self.number, stage=journal.stage, waited=round(journal.waited, 1))
        summary = f"release {self.number}: {journal.stage}, {report.counts(journal.counts)}"
        return Continue(self.world.inventory.token(self.number, journal.stage, journal.fence), summary)
