"""What a job asks for where a release is a commit: the same modes as everywhere.

deploy    job -> deliver
plan      job -> what would be committed: a digest and a summary as variables, the lines as an artifact
soak      job -> one look at the reconciler and the alarms
"""

import uuid
from collections.abc import Callable, Mapping

from deployer import measures
from deployer.budget import Budget
from deployer.compose import Composed, artifact_of
from deployer.errors import AtWork, Unavailable
from deployer.gates.freeze import in_the_way
from deployer.gitops.deliver import deliver
from deployer.gitops.files import changes, differences, digest, unnamed
from deployer.gitops.gates import passed
from deployer.gitops.site import Site
from deployer.gitops.soak import Soak
from deployer.job import Job
from deployer.outcome import Outcome, Succeeded
from deployer.report.bundle import json_file, text_file
from deployer.report.story import Story
from deployer.report.words import shortened
from deployer.values import dataclass
from deployer.world import Request

LONGEST_SUMMARY = 600  # characters, where the action does not say how much room there is


@dataclass(frozen=True)
class Task:
    """One job, and all that it takes to do it."""

    base: Composed
    job: Job
    site: Site
    execution: str
    attempt: str
    budget: Budget
    story: Story


def perform(task: Task) -> Outcome:
    """Fatal for a mode that is none."""
    return _MODES[task.job.mode(_MODES)](task)


def _deploy(task: Task) -> Outcome:
    site, parameters = task.site, task.job.parameters
    read = parameters.get("plan", "") if parameters.get("planned") == task.execution else ""
    outcome: Outcome | None = None
    try:
        outcome = deliver(site, _request(task, read), task.budget, task.story.released)
    finally:
        _measure(task, outcome)
    return outcome


def _measure(task: Task, outcome: Outcome | None) -> None:
    site, story, now = task.site, task.story, task.site.clock()
    if site.target.metrics:
        found = measures.measured(story.lines, outcome, str(story.facts.get("authored", "")), now)
        measures.tell(site.log, site.target.service, site.target.environment, found, now)


def _plan(task: Task) -> Outcome:
    site = task.site
    try:
        release, _ = passed(site, _request(task))
    except AtWork as waits:  # nobody is asked to approve what is not known yet
        raise Unavailable(f"{waits.reason}.", subject=waits.subject) from waits
    site.cluster.refuse()
    task.story.released(release)
    head = site.repository.head()
    files = site.repository.files(head)
    found = changes(files, release.images)
    missing = unnamed(files, found, release.images)
    lines = differences(found)
    told = {"digest": digest(found), "head": head, "files": list(found), "unnamed": missing}
    task.story.attached = {
        "plan.json": json_file({**task.story.told(), "plan": told}, site.redactor),
        "plan.diff": text_file("\n".join([*lines, ""]), site.redactor),
    }
    said = site.redactor.clean(_summary(site, lines, list(found), missing))
    site.log.event("planned", digest=told["digest"], files=list(found))
    room = int(task.job.parameters.get("summary") or LONGEST_SUMMARY)
    outputs = {"plan": digest(found), "execution": task.execution, "summary": shortened(said, room)}
    return Succeeded(0, said, outputs, id=f"plan-{digest(found)[:12]}")


def _summary(site: Site, lines: list[str], paths: list[str], missing: list[str]) -> str:
    warning = in_the_way(site.ledger, site.target.freeze)
    without = f"; no file names {', '.join(missing)}" if missing else ""
    if not paths:
        return f"{warning}Nothing to commit to {site.place.repository}{without}"
    shown = " ".join(line for line in lines if line[0] in "+-" and not line.startswith(("+++", "---")))
    return f"{warning}Commit to {site.place.repository}, {', '.join(paths)}{without}: {' '.join(shown.split())}"


def _soak(task: Task) -> Outcome:
    number = task.site.ledger.number(task.execution)
    return Soak(task.site, number, task.job.parameters.get("then", "stop")).look(task.budget)


_MODES: Mapping[str, Callable[[Task], Outcome]] = {"deploy": _deploy, "plan": _plan, "soak": _soak}


def _request(task: Task, plan: str = "") -> Request:
    source = artifact_of(task.job, task.base.clients)
    return Request(task.execution, task.attempt, uuid.uuid4().hex, source.fetch, task.job.token, plan)
