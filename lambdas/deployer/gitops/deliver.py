"""The path of a release that is a commit, and the way back.

    begin    held? overtaken? may the reconciler be read? gates -> record -> commit
    wait     until the reconciler has the commit, and is healthy with it; the records say Succeeded
    back     after a failure: the digests of the release that ran before, by one more commit; nothing is force-pushed
    settle   until that is healthy again; the records say Failed

A stage that outlasts the invocation goes on by its token: `STAGE COMMIT`, and the moment when it began. The token holds
nothing that decides who may do what: number and images are the ledger's, by the execution that CodePipeline names.
"""

from collections.abc import Callable, Mapping

from deployer import report
from deployer.budget import Budget
from deployer.ending import held
from deployer.errors import AtWork, DeployError, Fatal, Stopped, Superseded, Unavailable
from deployer.gates.freeze import now, pass_freeze
from deployer.gitops.commit import Made, Wanted, ensure, newest
from deployer.gitops.files import Change, digest
from deployer.gitops.gates import passed
from deployer.gitops.lineage import Lineage, Overtaken
from deployer.gitops.message import Mark
from deployer.gitops.site import Site
from deployer.gitops.wait import Wait
from deployer.ledger.gate import stopped_by
from deployer.outcome import Continue, Failed, Outcome, Succeeded, Token
from deployer.release import Release
from deployer.values import dataclass
from deployer.world import Request

SETTLE_WITHIN = 600.0  # seconds at least: Argo CD looks into a repository every three minutes by itself


def deliver(site: Site, request: Request, budget: Budget, tell: Callable[[Release], None]) -> Outcome:
    """One invocation. `tell` hears what is about to be committed."""
    number = site.ledger.number(request.execution)
    site.log.event("invoked", release=number, environment=site.target.environment, continued=bool(request.token))
    run = Run(site, request, budget, number)
    try:
        return run.continued(request.token, tell) if request.token else run.begin(tell)
    except AtWork as waits:
        site.log.event("waits", release=number, reason=waits.reason)
        return Continue(Token(number, "take", 0), str(waits))
    except Stopped as stopped:
        return held(site, number, str(stopped))
    except Superseded as superseded:
        site.ledger.supersede(number, superseded.reason)
        return Failed(str(superseded))
    except DeployError as error:
        return run.refused(error)


@dataclass(frozen=True)
class Run:
    site: Site
    request: Request
    budget: Budget
    number: int

    def begin(self, tell: Callable[[Release], None]) -> Outcome:
        if stopped := self._stopped():
            return stopped
        self.site.cluster.refuse()
        if back := self._begun_back():
            return self._settle(*back, self.site.clock())
        release, scan = passed(self.site, self.request)
        pass_freeze(self.site.target.freeze, self.site.ledger, release, now())
        tell(release)
        self.site.ledger.open(self.number, self.request.execution, release, scan=scan)
        wanted = Wanted(self._mark(), release.images, release.commit, release.message)
        made = ensure(self.site.repository, wanted, self._held_to, self.site.sleep)
        self._note(made)
        self.site.ledger.committed(self.number, made.commit)
        return self._wait(made.commit, release, self.site.clock())

    def continued(self, token: Token, tell: Callable[[Release], None]) -> Outcome:
        stage, _, commit = token.stage.partition(" ")
        if token.release != self.number or stage not in ("take", "wait", "settle"):
            raise Fatal("the continuation token is not one of ours.", remedy="Retry the stage.")
        if stage == "take":
            return self.begin(tell)
        if stage == "settle":
            return self._settle(commit, self.site.ledger.running(), float(token.fence))
        return self._wait(commit, self._released(self.number), float(token.fence))

    def refused(self, error: DeployError) -> Failed:
        """An error from which there is no way back: nothing was committed, or nobody knows better what to do."""
        why = self.site.redactor.clean(str(error))
        told = "unavailable" if isinstance(error, Unavailable) else "refused"
        self.site.log.event(told, release=self.number, reason=why)
        self.site.ledger.close(self.number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
        return Failed(report.failure(self.number, self.site.target.environment, why, "", ""), error.kind)

    # --- the straight path

    def _stopped(self) -> Failed | None:
        hold, running = self.site.ledger.held(), self.site.ledger.running()
        if running > self.number:
            raise Superseded(
                f"release {self.number} is superseded by release {running}, which runs there.",
                remedy="Nothing was changed.",
            )
        stopped = stopped_by(hold, self.number)
        return held(self.site, self.number, stopped) if stopped else None

    def _held_to(self, found: Mapping[str, Change]) -> None:
        """What somebody read is what is committed, or nothing is."""
        read = self.request.plan
        if read and read != digest(found):
            raise Fatal(
                "the configuration repository is not what it was when the plan was read. Nothing was committed.",
                subject=f"plan {read[:12]}",
                remedy="Release anew, and read the plan anew.",
            )

    def _note(self, made: Made) -> None:
        self.site.log.event("committed", release=self.number, commit=made.commit or "none", files=list(made.changed))
        if made.missing:
            self.site.log.event("unnamed", release=self.number, images=list(made.missing))

    def _wait(self, commit: str, release: Release, began: float) -> Outcome:
        site = self.site
        wait = Wait(site, self.number, began, site.target.patience, self.budget.over)
        try:
            healthy = wait.until_healthy(Lineage(site.repository, commit, release.images))
        except (Unavailable, Overtaken):
            raise
        except Fatal as error:
            return self._back(error, release)
        if healthy is None:
            return self._goes_on("wait", commit, began)
        site.log.event("stage", release=self.number, stage="wait", seconds=round(site.clock() - began, 3))
        return self._succeeded(commit, release, healthy.told)

    def _succeeded(self, commit: str, release: Release, told: str) -> Succeeded:
        site = self.site
        entry = site.ledger.find(self.number)
        outputs = report.outputs(self.number, report.digests(release), entry.scan if entry else "")
        what = f"commit {commit[:12]}" if commit else "nothing to commit"
        summary = f"release {self.number}: {what}; {site.cluster.subject} is {told}; {outputs['scan']}"
        site.ledger.succeed(self.number, summary)
        return Succeeded(self.number, summary, {**outputs, "config": commit or "none"})

    # --- the way back

    def _back(self, error: Fatal, release: Release) -> Outcome:
        """The release has failed: the digests of the one that ran are committed again, if they are others."""
        site, why = self.site, self.site.redactor.clean(str(error))
        site.log.event("failed", release=self.number, stage="wait", reason=why)
        site.ledger.close(self.number, "Failed", report.shortened(why, report.LONGEST_SUMMARY))
        good = site.ledger.running()
        if good in (0, self.number):
            return self._failed(why, "There is no earlier release to go back to: its commit stays.")
        previous = self._released(good)
        if {name: image.pinned for name, image in previous.images.items()} == {
            name: image.pinned for name, image in release.images.items()
        }:
            return self._failed(why, f"Release {good} ran the same images: there is nothing to put back.")
        try:
            wanted = Wanted(self._mark(good), previous.images, previous.commit, previous.message)
            made = ensure(site.repository, wanted, sleep=site.sleep)
        except DeployError as another:
            return self._failed(f"{why}\nGoing back to release {good} failed as well: {another}", "")
        site.log.event("restored", release=good, commit=made.commit or "none", files=list(made.changed))
        return self._settle(made.commit, good, site.clock())

    def _settle(self, commit: str, good: int, began: float) -> Outcome:
        site = self.site
        patience = max(SETTLE_WITHIN, site.target.patience)
        entry = site.ledger.find(self.number)
        why = entry.summary if entry else ""
        try:
            lineage = Lineage(site.repository, commit, self._released(good).images)
            if Wait(site, self.number, began, patience, self.budget.over).until_healthy(lineage) is None:
                return self._goes_on("settle", commit, began)
        except DeployError as error:
            another = site.redactor.clean(str(error))
            return self._failed(f"{why}\nGoing back to release {good} failed as well: {another}", "")
        site.ledger.runs(good)
        site.ledger.close(self.number, "Failed", why, restored=good)
        what = f" by commit {commit[:12]}" if commit else ""
        return self._failed(why, f"{site.target.environment} is back at release {good}{what}, and healthy.")

    def _begun_back(self) -> tuple[str, int] | None:
        """(commit, release) that this very attempt went back by, when its job is delivered once more."""
        site = self.site
        found = newest(site.repository, site.repository.head(), self._mark())
        if not found or not found[1].restores or found[1].attempt != self.request.attempt:
            return None
        return found[0], found[1].restores

    # --- what the stages share

    def _mark(self, restores: int = 0) -> Mark:
        target, request = self.site.target, self.request
        return Mark(target.service, target.environment, self.number, request.execution, request.attempt, restores)

    def _released(self, number: int) -> Release:
        entry = self.site.ledger.find(number)
        if entry is None:
            raise Fatal(f"the ledger does not know release {number}.", remedy="Retry the stage.")
        return entry.release(self.site.target.service)

    def _goes_on(self, stage: str, commit: str, began: float) -> Continue:
        self.site.log.event("continues", release=self.number, stage=stage)
        told = f"release {self.number}: {stage} for {self.site.cluster.subject}"
        return Continue(Token(self.number, f"{stage} {commit}", int(began)), told)

    def _failed(self, why: str, now: str) -> Failed:
        place = self.site.place
        remedy = f"Next: fix it and push; to look: kubectl describe {self.site.cluster.resource} -n {place.namespace}"
        return Failed(report.failure(self.number, self.site.target.environment, why, now, remedy))
