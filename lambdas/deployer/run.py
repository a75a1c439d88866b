"""The straight path of a release, and the way back: stages in order, each entered as often as it takes.

    begin    Request -> Journal at `before`: prepare, plan, open the record; writes no object of the release
    before   Helm's crds/ and pre hooks
    canary   where the target asks for it: the new version beside the old one, and more and more traffic to it
    apply    the plan's objects, wave by wave; after an invocation that was cut short, what a new look finds to be done
    wait     until everything is healthy; a doomed object ends the stage at once
    switch   the traffic back from the canary to the release, which is healthy by now
    after    Helm's post hooks
    prune    what the release no longer has; only after the new is healthy, so that a way back finds the old
    close    records say Succeeded; the release is now the one to go back to
    restore  after a failure: the traffic back; what this release changed, from the previous release's stored set
    settle   until the previous release is healthy again; records say Failed

A stage returns the next one, or None when the invocation is over; the journal names the stage, so the next invocation
goes on there. What a stage finds out again by itself is only noted and written with the next thing that must last: a
release that changes nothing writes the journal when it takes it and when it ends. Nothing here decides by a clock what
another release may do.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from deployer import ending, report
from deployer.budget import Budget
from deployer.desired import Desired
from deployer.errors import AtWork, DeployError, Stopped, Unavailable
from deployer.gates.freeze import now, pass_freeze
from deployer.inventory import FINAL, Hold, Member, Stage, same, widened
from deployer.memory import settled
from deployer.objects import Identity, Object
from deployer.opening import (
    Todo,
    foresee,
    learn_set,
    planner_of,
    proven,
    refuse_another_artifact,
    refuse_another_plan,
)
from deployer.outcome import Outcome
from deployer.plan import Plan
from deployer.prepare import Planned, Prepared, prepare, renews
from deployer.stages import wave_of
from deployer.values import dataclass, field
from deployer.waiting import Wait
from deployer.world import Request, World

if TYPE_CHECKING:
    from deployer.canary.stages import Canary
    from deployer.helm.chart import Chart
    from deployer.helm.stages import Charts

SETTLE_WITHIN = 300.0  # seconds that the previous release has to become healthy again


@dataclass
class Run:
    world: World
    request: Request
    budget: Budget
    hold: Hold
    number: int
    todo: Todo | None = None  # what the plan of this very invocation found to be applied
    loaded: Desired | None = None
    generations: Mapping[Identity, int] = field(default_factory=dict)  # of what this very invocation wrote last
    proven: frozenset[Identity] = frozenset()  # what this very invocation has seen to be healthy still

    def run(self) -> Outcome:
        resumes = self._resumes()
        try:
            if not resumes:
                self._begin()
            elif self.hold.journal.stage not in ("restore", "settle"):
                refuse_another_artifact(self.request, self.hold.journal, self.number)
        except Stopped as stopped:
            return ending.held(self.world, self.number, str(stopped))
        except AtWork as waits:
            return ending.waits(self.world, self.number, waits)
        except Unavailable as unavailable:
            return ending.unavailable(self.world, self.number, self.hold.journal, unavailable)
        except DeployError as error:
            return self._turned(error) if resumes else self._refused(error)
        return self._drive()

    def _resumes(self) -> bool:
        """Whether the journal is about this very attempt: then it goes on where it stands."""
        journal = self.hold.journal
        return journal.number == self.number and journal.attempt == self.request.attempt

    def _begin(self) -> None:
        world = self.world
        prepared = prepare(world, self.request, self.hold.journal)
        refuse_another_artifact(self.request, self.hold.journal, self.number)
        if world.target.freeze:
            pass_freeze(world.target.freeze, world.ledger, prepared.release, now())
        revisions, journal = foresee(world, prepared.desired, self.hold.journal)
        plan = planner_of(world).plan(prepared.desired, journal, verify_all=self.request.verify_all)
        world.log.event("planned", release=self.number, **plan.counts)
        self.request.planned(Planned(prepared, plan))
        refuse_another_plan(self.request, plan, self.hold.journal, self.number)
        self.todo, self.proven = Todo.of(plan), proven(plan, self.hold.journal)
        self._open(prepared, plan, revisions, journal.members)

    def _open(self, prepared: Prepared, plan: Plan, revisions: Mapping[str, int], known: tuple[Member, ...]) -> None:
        """The record first, then the set to come back to, then the journal: all before the first object is written.

        Where nothing will be written, the journal that is there says all that a kill leaves to be said.
        """
        world, journal = self.world, self.hold.journal
        self.hold.check()
        if world.marks:
            world.marks.coming(prepared.release.images.values())
        digest = prepared.desired.digest(world.inventory.key)
        stored = journal.set_of(journal.good) if journal.good and digest == journal.good_digest else self.number
        lasting = not (plan.idle and stored != self.number and journal.stage in FINAL and not any(revisions.values()))
        world.ledger.open(self.number, self.request.execution, prepared.release, scan=prepared.scan, later=not lasting)
        self.loaded = prepared.desired
        if stored == self.number:
            world.store.save(self.number, prepared.desired)
        gone = {member.identity for member in plan.gone}
        members = widened((member for member in known if member.identity not in gone), plan.members)
        (self.hold.update if lasting else self.hold.note)(
            number=self.number,
            attempt=self.request.attempt,
            stage="before",
            dirty=journal.dirty or journal.stage not in FINAL,
            waited=0.0,
            failure="",
            step=0,
            stored=stored,
            digest=digest,
            counts=plan.counts,
            scan=prepared.scan,
            digests=report.digests(prepared.release),
            ledger=world.ledger.origin,
            artifact=self.request.seal(),
            again=self.request.again,
            renews=renews(self.request, journal),
            revisions=dict(revisions),
            hooks=(),
            judged=False,
            members=same(journal.members, members),
        )

    def _drive(self) -> Outcome:
        stages: dict[Stage, Callable[[], Stage | None]] = {
            "before": self._before,
            "canary": self._canary,
            "apply": self._apply,
            "wait": self._wait,
            "switch": self._switch,
            "after": self._after,
            "prune": self._prune,
            "close": self._close,
            "restore": self._restore,
            "settle": self._settle,
        }
        while (stage := self.hold.journal.stage) not in FINAL:
            if self.budget.over():
                return ending.continued(self.world, self.number, self.hold.journal)
            began = time.monotonic()
            try:
                following = stages[stage]()
            except DeployError as error:
                if stage in ("restore", "settle"):
                    return ending.stuck(self.world, self.number, self.hold.journal, error)
                if isinstance(error, Unavailable):
                    return ending.unavailable(self.world, self.number, self.hold.journal, error)
                self._told(stage, began)
                return self._turned(error)
            self._told(stage, began)
            if following is None:
                return ending.continued(self.world, self.number, self.hold.journal)
            if following != self.hold.journal.stage:
                self.hold.note(stage=following)
        return ending.answer(self.world, self.hold.journal)

    def _told(self, stage: Stage, began: float) -> None:
        self.world.log.event("stage", release=self.number, stage=stage, seconds=round(time.monotonic() - began, 3))

    # --- the straight path

    def _before(self) -> Stage | None:
        if not self._helm(lambda charts: charts.before(self._desired())):
            return None
        return "canary" if self.world.target.progressive or self.hold.journal.weighed else "apply"

    def _canary(self) -> Stage | None:
        return "apply" if self._beside.before(self._desired) else None

    def _apply(self) -> Stage | None:
        todo = self.todo or Todo.left(self.world, self._desired(), self.hold.journal)
        if name := self.hold.journal.weighed:  # it shares its traffic with a canary until all is healthy
            from deployer.canary.stages import weighed_route

            todo = todo.without(weighed_route(self.world, name))
        if not todo.items:
            return "wait"
        from deployer.apply import Applier

        world, force = self.world, self.world.target.force_conflicts
        applier = Applier(world.cluster, world.inventory.key, self.hold.check, force, todo.taken)
        waves = sorted({wave_of(item) for item in todo.items})
        for wave in waves:
            if not self._healthy_before(wave):
                return None
            applied = applier.apply(item for item in todo.items if wave_of(item) == wave)
            self._note(applied)
        return "wait"

    def _healthy_before(self, wave: int) -> bool:
        """Whether all objects of earlier waves are healthy; False when the invocation is over first."""
        earlier = tuple(item for item in self._desired().items if wave_of(item) < wave)
        if not earlier:
            return True
        return self._waiting.until_healthy(Desired(earlier), self.world.target.patience)

    def _note(self, applied: list[Member]) -> None:
        self.generations = {**self.generations, **{member.identity: member.generation for member in applied}}
        self.hold.note(members=widened(self.hold.journal.members, applied), judged=False)

    def _wait(self) -> Stage | None:
        self._keep_sets()  # now, while the controllers work, and not when everybody waits for the end
        items = tuple(item for item in self._desired().items if item.identity not in self.proven)
        if not items:
            self.hold.note(judged=True)
        elif not self._waiting.until_healthy(Desired(items), self.world.target.patience, self._note_judged):
            return None
        return "switch" if self.hold.journal.weighed else "after"

    def _keep_sets(self) -> None:
        """Of the stored sets the newest, and those that a way back needs; where none was added, all stay."""
        journal = self.hold.journal
        at, good = journal.set_of(self.number), journal.set_of(journal.good)
        if at != good:
            self.world.store.keep_only({at, good})

    def _note_judged(self, seen: Mapping[Identity, Object]) -> None:
        """The versions that were found healthy: where an object is still at its own, the next release looks no more."""
        old, key = self.hold.journal.members, self.world.inventory.key
        new = (settled(each, seen[each.identity], key) if each.identity in seen else each for each in old)
        self.hold.note(members=same(old, tuple(new)), judged=True)

    def _switch(self) -> Stage | None:
        return "after" if not self.hold.journal.weighed or self._beside.after(self._desired()) else None

    def _after(self) -> Stage | None:
        return "prune" if self._helm(lambda charts: charts.after(self._desired())) else None

    def _prune(self) -> Stage | None:
        desired = {item.identity for item in self._desired().items}
        leaving = [member for member in self.hold.journal.members if member.identity not in desired]
        if not self._helm(lambda charts: charts.leaving(self._left_charts, "pre-delete")):
            return None
        removed = self._remove(leaving)
        self.world.log.event("pruned", release=self.number, objects=[str(member.identity) for member in removed])
        # From now on they are the release's own, whoever made them.
        staying = tuple(
            member._replace(adopted=False) if member.adopted else member
            for member in self.hold.journal.members
            if member.identity in desired
        )
        self.hold.note(members=same(self.hold.journal.members, staying))
        return "close" if self._helm(lambda charts: charts.leaving(self._left_charts, "post-delete")) else None

    def _close(self) -> Stage | None:
        world, journal, desired = self.world, self.hold.journal, self._desired()
        if journal.revisions:
            self._charts.succeeded(desired)
        if world.marks:
            world.marks.arrived()
        world.ledger.succeed(self.number, report.success(self.number, journal.counts, journal.scan))
        here = {chart.release: journal.revisions[chart.release] for chart in desired.charts}
        self.hold.update(
            stage="succeeded",
            dirty=False,
            holder="",
            revisions=here,
            good=self.number,
            good_stored=journal.set_of(self.number),
            good_digest=journal.digest,
            shared=journal.sharing(self.number),
        )
        return "succeeded"

    # --- the way back

    def _turned(self, error: DeployError) -> Outcome:
        """The release has failed: remember why, and go back; both errors are told where not even that is remembered."""
        journal = self.hold.journal
        reason = self.world.redactor.clean(str(error))
        self.world.log.event("failed", release=self.number, stage=journal.stage, reason=reason)
        back = journal.good and journal.good != self.number
        self.hold.note(failure=reason, stage="restore" if back else "settle", waited=0.0)
        try:
            self.hold.update()
        except DeployError as another:
            return ending.stuck(self.world, self.number, self.hold.journal, another)
        return self._drive()

    def _restore(self) -> Stage | None:
        world, journal = self.world, self.hold.journal
        previous = world.store.load(journal.set_of(journal.good))
        learn_set(world, previous)
        current = None if journal.dirty else self._desired()
        if journal.weighed:
            self._beside.back(previous)
            journal = self.hold.journal
        from deployer.apply import Applier
        from deployer.restore import way_back

        way = way_back(previous, current, journal.members)
        if not self._helm(lambda charts: charts.rolling_back(previous, "pre-rollback")):
            return None
        # By force: what the failed release took over a moment ago must come back whoever else touched it since.
        applied = Applier(world.cluster, world.inventory.key, self.hold.check, force=True).apply(way.apply)
        removed = self._remove(way.delete)
        world.log.event("restored", release=journal.good, applied=len(applied), deleted=len(removed))
        gone = {member.identity for member in way.delete}
        kept = tuple(member for member in journal.members if member.identity not in gone)
        self.hold.note(members=kept)
        self._note(applied)
        return "settle"

    def _settle(self) -> Stage | None:
        world, journal = self.world, self.hold.journal
        back = journal.good and journal.good != self.number
        if back:
            previous = world.store.load(journal.set_of(journal.good))
            if not self._waiting.until_healthy(previous, SETTLE_WITHIN):
                return None
            if not self._helm(lambda charts: charts.rolling_back(previous, "post-rollback")):
                return None
            self._tell_helm(previous)
            world.ledger.runs(journal.good)
        else:
            self._tell_helm(None)
        summary = report.shortened(journal.failure, report.LONGEST_SUMMARY)
        world.ledger.close(self.number, "Failed", summary, restored=journal.good if back else 0)
        self._keep_sets()
        self.hold.update(stage="failed", dirty=False, holder="")
        return "failed"

    # --- what the stages share

    def _desired(self) -> Desired:
        """This release's set, as it was stored when the release was opened."""
        if self.loaded is None:
            self.loaded = self.world.store.load(self.hold.journal.set_of(self.number))
            learn_set(self.world, self.loaded)
        return self.loaded

    @property
    def _beside(self) -> "Canary":
        from deployer.canary.stages import Canary  # only where there is one

        return Canary(self.world, self.hold, self.budget.over)

    @property
    def _waiting(self) -> Wait:
        return Wait(self.world, self.hold, self.generations, self.budget.over)

    def _tell_helm(self, previous: Desired | None) -> None:
        if self.hold.journal.revisions:
            self._charts.failed(self._desired, previous)

    def _helm(self, act: Callable[["Charts"], bool]) -> bool:
        """Whether Helm's part of a stage is done; it is where there are no charts."""
        return not self.hold.journal.revisions or act(self._charts)

    @property
    def _charts(self) -> "Charts":
        from deployer.helm.stages import Charts

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

    def _left_charts(self) -> "tuple[Chart, ...]":
        """The charts of the release that this one follows."""
        good = self.hold.journal.good
        return self.world.store.load(self.hold.journal.set_of(good)).charts if good else ()

    def _remove(self, members: Sequence[Member]) -> list[Member]:
        if not members:
            return []
        from deployer.prune import remove

        releases = frozenset(self.hold.journal.revisions)
        return remove(self.world.cluster, members, self.world.inventory.id, self.hold.check, releases)

    # --- how an invocation ends

    def _refused(self, error: DeployError) -> Outcome:
        """Nothing of this release was written. What an earlier one left half done is mended all the same."""
        journal = self.hold.journal
        if journal.stage in FINAL or not journal.good:
            return ending.refused(self.world, self.number, error)
        self.hold.update(
            number=self.number,
            attempt=self.request.attempt,
            stage="restore",
            dirty=True,
            failure=ending.reason(self.world, error),
            again=0,
            renews=0,
            revisions={release: min(0, number) for release, number in journal.revisions.items()},
        )
        return self._drive()
