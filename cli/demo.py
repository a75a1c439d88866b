"""The whole story: up → cdk bootstrap → cdk deploy → git push → the release, live → approval → what runs now.

`prepare` brings up the machine and the pipeline; `deliver` takes one push to its end; `show` tells what runs.
Each can be run again: what is there is kept, what is new is pushed, what waits is gone on with.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.cluster import Cluster, RunningPod
from cli.console import seconds
from cli.delivery import Deployed, bring_up_with
from cli.environment import child_environment
from cli.errors import RELEASE_FAILED, CommandError
from cli.live import Watch, elapsed
from cli.pipelines import (
    Execution,
    answer_approval,
    approval_token,
    declared_actions,
    newest_executions,
    now,
    read_execution,
)
from cli.sample import Repository, push, take_sample
from cli.starting import make_ready
from cli.world import World

START_TIMEOUT = 20.0  # seconds from a push to the execution that its event starts
POLL = 0.1


@dataclass(frozen=True)
class Delivered:
    """How a push ended: the execution, or None when nothing was there to release."""

    execution: Execution | None
    approval_pending: bool = False


def prepare(world: World) -> Deployed:
    """The running machine with this checkout's own app deployed to it."""
    make_ready(world)
    return bring_up_with(world, world.checkout)


def sample_repository(world: World) -> Repository:
    home = world.home
    return Repository(home.root / "demo" / "shop", child_environment(home, world.environ), home.logs / "git.log")


def deliver(world: World, deployed: Deployed, repository: Repository, approve: bool | None) -> Delivered:
    """Push what is committed and watch its release; `approve` None asks the user.

    CommandError (1) with the failed action's own words when the release fails.
    """
    client = world.machine_client("codepipeline")
    before = {summary["pipelineExecutionId"] for summary in newest_executions(client, deployed.name, 100)}
    with world.console.step("git push") as step:
        pushed = push(repository, deployed.push_url)
        step.result = repository.head[:7] if pushed else "CodeCommit has it already"
    execution = started_by_push(world, client, deployed.name, before) if pushed else latest(client, deployed.name)
    if execution is None:
        return Delivered(None)
    return watch(world, client, deployed.name, execution, approve)


def started_by_push(world: World, client: Any, pipeline: str, before: set[str]) -> str:
    """The id of the execution that CodeCommit's event started, through the template's rule."""
    waited = 0.0
    while waited < START_TIMEOUT:
        for summary in newest_executions(client, pipeline):
            if summary["pipelineExecutionId"] not in before:
                return str(summary["pipelineExecutionId"])
        world.sleep(POLL)
        waited += POLL
    raise CommandError(
        f"the push started no execution of {pipeline} within {seconds(START_TIMEOUT)}",
        "is the rule there? aws events list-rules; then: shipline logs machine",
        RELEASE_FAILED,
    )


def latest(client: Any, pipeline: str) -> str | None:
    """The newest execution that is a release, not a way back."""
    for summary in newest_executions(client, pipeline):
        if summary.get("executionType") != "ROLLBACK":
            return str(summary["pipelineExecutionId"])
    return None


def watch(world: World, client: Any, pipeline: str, execution: str, approve: bool | None) -> Delivered:
    """The release to its end, with every approval on the way; CommandError (1) when it fails."""
    declared = declared_actions(client, pipeline)
    world.console.say()
    picture = Watch(world.console, lambda: read_execution(client, pipeline, execution, declared), sleep=world.sleep)
    answered: set[str] = set()
    while True:
        seen = picture.until(lambda release: release.approval is not None and release.approval.stage not in answered)
        if seen.ended:
            return finished(seen)
        if not answer(world, client, seen, approve):
            return Delivered(seen, approval_pending=True)
        assert seen.approval is not None
        answered.add(seen.approval.stage)


def answer(world: World, client: Any, execution: Execution, approve: bool | None) -> bool:
    """Whether the waiting approval was given."""
    approval = execution.approval
    assert approval is not None
    token = approval_token(client, execution.pipeline, approval)
    if token is None:  # somebody else was faster
        return True
    if approve is None:
        approve = asked(world, f"Release {execution.commit[:7]} past {approval.stage}? [y/N] ")
    if approve:
        answer_approval(client, execution.pipeline, approval, token, True, "approved in shipline demo")
        world.console.say(f"  approved: {approval.stage}")
    return approve


def asked(world: World, question: str) -> bool:
    if not world.can_ask:
        return False
    try:
        return world.ask(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def finished(execution: Execution) -> Delivered:
    if execution.status == "Succeeded":
        return Delivered(execution)
    action = execution.failed_action
    if action is None:
        remedy = f"shipline status {execution.pipeline} says what came instead"
        raise CommandError(f"the release ended as {execution.status}", remedy, RELEASE_FAILED)
    raise CommandError(
        f"{action.stage} / {action.name} failed: {action.error}",
        f"correct it, commit, and push again; or try the same commit again: shipline retry {execution.pipeline}",
        RELEASE_FAILED,
    )


def run_demo(world: World, approve: bool | None, clock: Callable[[], float]) -> None:
    """All of it; CommandError when it does not end well."""
    began = clock()
    deployed = prepare(world)
    repository = sample_repository(world)
    with world.console.step(f"the shop's repository, {repository.folder}") as step:
        step.result = take_sample(world.checkout, repository)
    ready = clock()
    delivered = deliver(world, deployed, repository, approve)
    if delivered.approval_pending:
        say_pending(world, deployed)
        return
    show(world, deployed, repository)
    world.console.say()
    total = f"Times: machine and pipeline {seconds(ready - began)}"
    if delivered.execution is not None:
        total += f", release {release_times(delivered.execution)}"
    world.console.say(f"{total}, all of it {seconds(clock() - began)}.")


def release_times(execution: Execution) -> str:
    """All of it, and the parts of it that are not ours to make faster."""
    at = now()
    parts = {
        "build": [action for action in execution.actions if action.category == "Build"],
        "verification": [action for action in execution.actions if action.category == "Test"],
        "approval": [action for action in execution.actions if action.category == "Approval"],
    }
    told = [f"{name} {seconds(sum(a.seconds(at) or 0 for a in actions))}" for name, actions in parts.items() if actions]
    return f"{seconds(elapsed(execution, at))} (of which {', '.join(told)})"


def say_pending(world: World, deployed: Deployed) -> None:
    world.console.say()
    world.console.say("The release waits in front of the next environment. Go on with one of:")
    world.console.say(f"  .venv/bin/shipline approve {deployed.name}")
    world.console.say(f"  .venv/bin/shipline reject {deployed.name}")


def show(world: World, deployed: Deployed, repository: Repository) -> None:
    """The pods of each environment by digest, the sample's answer from the last one, and how to look around."""
    from cli.definition import load_service

    console = world.console
    cluster = Cluster(world.home.kubeconfig)
    targets = load_service(world.checkout).environments
    pods = [pod for target in targets for pod in cluster.pods(target.namespace)]
    console.say()
    console.say(console.colour("bold", "What runs, by digest"))
    rows = [(pod.namespace, pod.name, "ready" if pod.ready else "not ready", short_image(pod.image)) for pod in pods]
    console.table(rows, indent="  ")
    last = targets[-1].namespace
    web = next((pod for pod in pods if pod.namespace == last and pod.name.startswith("web-")), None)
    if web is not None:
        console.say()
        console.say(console.colour("bold", f"What {web.namespace}/{web.name} answers over HTTP"))
        console.say("  " + json.dumps(json.loads(cluster.get(last, web.name, 8080, "/"))))
    console.say()
    console.say(console.colour("bold", "Look around"))
    for line in look_around(deployed.name, last, repository):
        console.say(f"  {line}")


def short_image(image: str) -> str:
    """`HOST/shop/web@sha256:0123456789ab…` → `shop/web@sha256:0123456789ab`."""
    path, _, digest = image.partition("@")
    return f"{'/'.join(path.split('/')[1:]) or path}@{digest[:19]}" if digest else image


def look_around(name: str, namespace: str, repository: Repository) -> list[str]:
    return [
        'eval "$(.venv/bin/shipline env)"',
        f"kubectl --namespace {namespace} get pods,services",
        f"helm --namespace {namespace} list",
        f"aws codepipeline get-pipeline-state --name {name}",
        f"shipline status {name}",
        f"shipline releases {name}",
        f"Change something in {repository.folder}/app/web/web.py, then: make demo",
    ]


__all__ = ["Delivered", "RunningPod", "deliver", "prepare", "run_demo", "sample_repository", "show", "watch"]
