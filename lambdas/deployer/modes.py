"""What a job asks for by its `mode`: to carry a release out (`deploy`, the default), to say what that would do,
or to watch what runs.

deploy    job -> flow.deliver; the plan that an approval showed is what is carried out, or nothing is
plan      job -> flow.plan -> what an approval shows: a digest and a summary as variables, all of it as an artifact
soak      job -> soak.Soak -> whether the release that runs stays healthy and the alarms quiet, for as long as was asked
"""

import json
import uuid
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from deployer import flow, measures
from deployer.budget import Budget
from deployer.compose import Composed, artifact_of
from deployer.diff import document, of_plan, summary, text, unified
from deployer.errors import DeployError
from deployer.gates.freeze import in_the_way
from deployer.job import Artifact, Job
from deployer.outcome import Continue, Outcome, Succeeded
from deployer.report.bundle import json_file, text_file
from deployer.report.kept import Kept
from deployer.report.story import Story, tags_of
from deployer.values import dataclass
from deployer.world import Request, World

PLAN_FILE = "plan.json"
LARGEST_PLAN = 16 * 1024 * 1024  # bytes, unpacked
WIDTH = 110  # characters of a line for people
LONGEST_SUMMARY = 600  # characters, where the action does not say how much room there is


@dataclass(frozen=True)
class Task:
    """One job, and all that it takes to do it."""

    base: Composed
    job: Job
    world: World
    execution: str
    attempt: str
    budget: Budget
    story: Story


def perform(task: Task) -> Outcome:
    """Fatal for a mode that is none."""
    return _MODES[task.job.mode(_MODES)](task)


def _deploy(task: Task) -> Outcome:
    world, job, story = task.world, task.job, task.story
    kept = Kept(world.cluster.kube, world.target.service, world.target.namespace, world.log)
    if job.token:
        story.resume(kept.load(task.attempt))
    try:
        outcome = flow.deliver(world, _request(task, **_approved(task)), task.budget)
    except DeployError:
        _measure(task, None)
        raise
    _measure(task, outcome)
    if isinstance(outcome, Continue):
        kept.save(task.attempt, story.kept())
    elif job.token:
        kept.forget()
    return outcome


def _measure(task: Task, outcome: Outcome | None) -> None:
    world, story, now = task.world, task.story, task.world.log.clock()
    if world.target.metrics:
        found = measures.measured(story.lines, outcome, str(story.facts.get("authored", "")), now)
        measures.tell(world.log, world.target.service, world.target.label, found, now)


def _plan(task: Task) -> Outcome:
    world, redactor = task.world, task.world.redactor
    planned = flow.plan(world, _request(task))
    release = planned.prepared.release
    task.story.planned(planned.prepared, planned.plan)
    diffs = of_plan(planned.plan, redactor, tags_of(release))
    told = {**task.story.told(), "plan": planned.plan.document(), "diff": document(diffs)}
    task.story.attached = {
        PLAN_FILE: json_file(told, redactor),
        "plan.txt": text_file(text(diffs, WIDTH), redactor),
        "plan.diff": text_file(unified(diffs), redactor),
    }
    room = int(task.job.parameters.get("summary") or LONGEST_SUMMARY)
    warning = in_the_way(world.ledger, world.target.freeze)
    said = redactor.clean(warning + summary(diffs, room - len(warning)))
    digest = planned.plan.digest
    world.log.event("planned", digest=digest, **planned.plan.counts)
    outputs = {"plan": digest, "execution": task.execution, "summary": said}
    return Succeeded(0, said, outputs, id=f"plan-{digest[:12]}")


def _soak(task: Task) -> Outcome:
    from deployer.soak import Soak

    number = task.world.ledger.number(task.execution)
    return Soak(task.world, number, task.job.parameters.get("then", "stop")).look(task.budget)


_MODES: Mapping[str, Callable[[Task], Outcome]] = {"deploy": _deploy, "plan": _plan, "soak": _soak}


def _request(task: Task, **more: Any) -> Request:
    source = artifact_of(task.job, task.base.clients)
    return Request(
        execution=task.execution,
        attempt=task.attempt,
        holder=uuid.uuid4().hex,
        fetch=source.fetch,
        seal=source.seal,
        token=task.job.token,
        planned=lambda planned: task.story.planned(planned.prepared, planned.plan),
        **more,
    )


def _approved(task: Task) -> dict[str, Any]:
    """The plan that was read for this very execution; one that goes back to an earlier release has none of its own."""
    job = task.job
    digest = job.parameters.get("plan", "")
    if not digest or job.parameters.get("planned") != task.execution:
        return {}
    return {"plan": digest, "read": _read(task, job.read, digest) if job.read else None}


def _read(task: Task, where: Artifact, digest: str) -> Mapping[str, Any] | None:
    """The plan's document; None when it cannot be had: the digest decides, the document only names what moved."""
    try:
        data = artifact_of(task.job, task.base.clients, where).read("the plan that was read")
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entry = archive.getinfo(PLAN_FILE)
            if entry.file_size > LARGEST_PLAN:
                raise ValueError("too large")
            with archive.open(entry) as source:
                found = json.loads(source.read(LARGEST_PLAN))["plan"]
    except (DeployError, KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile) as error:
        task.base.log.event("plan not read", reason=type(error).__name__)
        return None
    return found if isinstance(found, dict) and found.get("digest") == digest else None
