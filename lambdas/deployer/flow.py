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
from collections.abc import Callable
from dataclasses import dataclass

from deployer import report
from deployer.apply import apply_all
from deployer.budget import Budget
from deployer.desired import Desired, Item
from deployer.errors import DeployError, Fatal, Superseded, Unavailable
from deployer.helm.chart import Chart
from deployer.helm.hooks import HookFailed, Hooks, Moment
from deployer.inventory import FINAL, Hold, Stage, widened
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from deployer.plan import Plan, make_plan
from deployer.prepare import Prepared, prepare
from deployer.prune import remove
from deployer.restore import way_back
from deployer.wait.rollout import Rollout
from deployer.world import Request, World

LOOK_AGAIN = (0.1, 1.0)  # seconds between two looks at the health of everything: the least and the most
SETTLE_WITHIN = 300.0  # seconds that the previous release has to become healthy again


def deliver(world: World, request: Request, budget: Budget) -> Outcome:
    """One invocation. Fenced is raised when another one carries on with the same release."""
    number = request.release or world.ledger.number(request.execution)
    world.log.event("invoked", release=number, environment=world.target.environment, continued=bool(request.release))
    try:
        hold = world.inventory.take(number, request.holder, budget.over)
    except Superseded as superseded:
        world.ledger.supersede(number, superseded.reason)
        return Failed(str(superseded))
    except DeployError as error:
        world.ledger.close(number, "Failed", str(error))
        raise
    if hold is None:
        return Continue(Token(number, "take", request.fence), "another invocation is at work")
    try:
        outcome = Run(world, request, budget, hold, number).run()
        hold.release()
    finally:
        hold.abandon()
    return outcome


def pause(waited: float) -> float:
    """Seconds until the next look: short rollouts are not kept waiting, and long ones cost the server little."""
    least, most = LOOK_AGAIN
    return min(most, max(least, waited / 10))


@dataclass
class Run:
    world: World
    request: Request
    budget: Budget
    hold: Hold
    number: int
    first: tuple[Item, ...] | None = None  # what the plan of this very invocation found to be applied
    loaded: Desired | None = None

    def run(self) -> Outcome:
        if not self._resumes():
            try:
                self._begin()
            except Unavailable as unavailable:
                return self._unavailable(unavailable)
            except DeployError as error:
                return self._refused(error)
        return self._drive()

    def _resumes(self) -> bool:
        """Whether the journal is about this very attempt: then it goes on where it stands, even at its end."""
        journal = self.hold.journal
        if journal.number != self.number or journal.attempt != self.request.attempt:
            return False
        if self.request.fence > journal.fence:
            raise Fatal("the continuation token is not one of ours.")
        return True

    def _begin(self) -> None:
        world, journal = self.world, self.hold.journal
        prepared = prepare(world, self.request)
        plan = make_plan(world.cluster, prepared.desired, journal, world.inventory.id)
        self.first = tuple(step.item for step in plan.steps if step.action in ("created", "configured"))
        world.log.event("planned", release=self.number, **plan.counts)
        self._open(prepared, plan)

    def _open(self, prepared: Prepared, plan: Plan) -> None:
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
            revisions={chart.release: self._revision(chart) for chart in prepared.desired.charts},
            hooks=(),
            members=widened(journal.members, plan.members),
        )

    def _revision(self, chart: Chart) -> int:
        """The Helm revision that this release writes; 0 when the one that is deployed says all there is to say."""
        revisions = self.world.records.of(chart.release)
        if not revisions:
            return 1
        last = revisions[-1]
        return 0 if last.status == "deployed" and last.shows(chart) else last.number + 1

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
        return self._answer()

    # --- the straight path

    def _before(self) -> Stage | None:
        return "apply" if self._hooks("pre") else None

    def _apply(self) -> Stage | None:
        # A later invocation does not know what an earlier one had done: it sends everything again.
        items = self.first if self.first is not None else self._desired().items
        applied = apply_all(self.world.cluster, items, self.hold.check)
        self.hold.update(members=widened(self.hold.journal.members, [each.member for each in applied]))
        return "wait"

    def _wait(self) -> Stage | None:
        return self._until_healthy(self._desired(), self.world.target.patience, "after")

    def _after(self) -> Stage | None:
        return "prune" if self._hooks("post") else None

    def _prune(self) -> Stage | None:
        desired = {item.identity for item in self._desired().items}
        leaving = [member for member in self.hold.journal.members if member.identity not in desired]
        removed = remove(self.world.cluster, leaving, self.world.inventory.id, self.hold.check)
        self.world.log.event("pruned", release=self.number, objects=[str(member.identity) for member in removed])
        # From now on they are the release's own, whoever made them.
        staying = tuple(
            member._replace(adopted=False) for member in self.hold.journal.members if member.identity in desired
        )
        self.hold.update(members=staying)
        return "close"

    def _close(self) -> Stage | None:
        world, journal, desired = self.world, self.hold.journal, self._desired()
        for chart in desired.charts:
            if journal.revisions[chart.release]:
                world.records.succeeded(chart, journal.revisions[chart.release])
        if journal.good and journal.good != self.number:
            here = {chart.release for chart in desired.charts}
            for chart in world.store.load(journal.good).charts:
                if chart.release not in here:
                    world.records.forget(chart.release)
        world.ledger.close(self.number, "Succeeded", report.success(self.number, journal.counts))
        world.ledger.runs(self.number)
        before = journal.good
        world.store.keep_only({self.number, before})
        self.hold.update(stage="succeeded", good=self.number, dirty=False, holder="")
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
        # By force: what the failed release took over a moment ago must come back whoever else touched it since.
        applied = apply_all(world.cluster, way.apply, self.hold.check, force=True)
        removed = remove(world.cluster, way.delete, world.inventory.id, self.hold.check)
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
            self._record_return(previous)
            world.ledger.runs(journal.good)
        elif journal.revisions:
            for chart in self._desired().charts:
                if journal.revisions[chart.release]:
                    world.records.failed(chart, journal.revisions[chart.release], journal.failure)
        summary = report.shortened(journal.failure, report.LONGEST_SUMMARY)
        world.ledger.close(self.number, "Failed", summary, restored=journal.good if back else 0)
        world.store.keep_only({self.number, journal.good})
        self.hold.update(stage="failed", dirty=False, holder="")
        return "failed"

    def _record_return(self, previous: Desired) -> None:
        """Helm's history shows what happened: the failed revision, and a rollback to the one before."""
        journal, records = self.hold.journal, self.world.records
        desired = {chart.release: chart for chart in self._desired().charts} if journal.revisions else {}
        earlier = {chart.release: chart for chart in previous.charts}
        for release, number in journal.revisions.items():
            if number:
                records.failed(desired[release], number, journal.failure)
                if release in earlier:
                    records.gone_back(earlier[release], number + 1)

    # --- what the stages share

    def _desired(self) -> Desired:
        """This release's set, as it was stored when the release was opened."""
        if self.loaded is None:
            self.loaded = self.world.store.load(self.number)
            self.world.redactor.learn_objects(item.object for item in self.loaded.items)
        return self.loaded

    def _until_healthy(self, desired: Desired, patience: float, following: Stage) -> Stage | None:
        """`following` when all is healthy; None when the invocation is over; Fatal when it will not be."""
        world = self.world
        rollout = Rollout(world.cluster, world.target.namespace, world.inventory.id)
        began, before, told = time.monotonic(), self.hold.journal.waited, ""
        while True:
            self.hold.check()
            verdict = rollout.look(desired)
            if verdict.healthy:
                return following
            if verdict.doomed:
                raise Fatal(verdict.doomed)
            if verdict.summary != told:
                told = verdict.summary
                world.log.event("waiting", release=self.number, state=told)
            waited = before + time.monotonic() - began
            if waited > patience:
                raise Fatal(f"not healthy within {patience:.0f} s.\n{rollout.trouble(desired) or verdict.summary}")
            if self.budget.over():
                self.hold.update(waited=waited)
                return None
            time.sleep(pause(time.monotonic() - began))

    def _hooks(self, moment: Moment) -> bool:
        """Whether the hooks of a moment are all done."""
        if not self.hold.journal.revisions:
            return True
        hold, began = self.hold, time.monotonic()
        patience = self.world.target.patience
        previous = self.world.records.names()
        hooks = Hooks(
            cluster=self.world.cluster,
            namespace=self.world.target.namespace,
            installed=lambda release: release in previous,
            remember=lambda name: hold.update(hooks=(*hold.journal.hooks, name)),
            remembered=lambda: hold.journal.hooks,
            check=hold.check,
        )
        return (
            hooks.run(self._desired(), moment, self.budget.over, lambda: time.monotonic() - began > patience) == "done"
        )

    # --- how an invocation ends

    def _answer(self) -> Outcome:
        world, journal = self.world, self.hold.journal
        if journal.stage == "succeeded":
            summary = report.success(self.number, journal.counts)
            return Succeeded(self.number, summary, report.outputs(self.number, journal.digests))
        back = journal.good and journal.good != self.number
        restored = (
            f"{world.target.environment} is back at release {journal.good}, and healthy."
            if back
            else "There is no earlier release to go back to: its objects are left as they are, for you to look at."
        )
        remedy = f"Next: fix it and push; to look: kubectl -n {world.target.namespace} get events,pods"
        return Failed(report.failure(self.number, world.target.environment, journal.failure, restored, remedy))

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
                revisions={},
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
        return Continue(Token(self.number, journal.stage, journal.fence), summary)
