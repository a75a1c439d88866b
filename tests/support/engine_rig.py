"""The release engine with all it meets: moto behind the gate, EventBridge, git over HTTP; builds and functions are
played by the test, through their real APIs.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import moto.awslambda.urls
import moto.codebuild.urls
from botocore.exceptions import BotoCoreError, ClientError
from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local import codepipeline, events, git, identity
from local.aws.front import Front
from local.codepipeline.settings import Settings
from local.context import Context, Credentials, Part
from local.git.command import git as run_git
from local.git.repositories import Repositories
from local.httpd import Server
from local.identity import Authority
from local.settings import Home
from local.wire import Call, Fault, JsonService
from tests.support.gated_moto import make_home

BUCKET = "artifacts"
ACCOUNT = "123456789012"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


@dataclass
class PlayedBuilds:
    """CodeBuild, whose builds end as the test says; without a word they succeed."""

    result: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda request: {})
    requests: list[dict[str, Any]] = field(default_factory=list)
    builds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start(self, call: Call) -> dict[str, Any]:
        self.requests.append(call.input)
        build_id = f"{call.input['projectName']}:{uuid.uuid4()}"
        self.builds[build_id] = {"id": build_id, "buildStatus": "SUCCEEDED", **self.result(call.input)}
        return {"build": {**self.builds[build_id], "buildStatus": "IN_PROGRESS"}}

    def get(self, call: Call) -> dict[str, Any]:
        return {"builds": [self.builds[build] for build in call.input["ids"]]}


@dataclass
class PlayedFunctions:
    """Lambda: what was invoked, and what the test lets the function do about it."""

    rig: "Rig | None" = None
    handler: Callable[[Any, dict[str, Any]], None] = field(
        default=lambda codepipeline, job: codepipeline.put_job_success_result(jobId=job["id"])
    )
    events: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
        event = json.loads(request.get_data())
        self.events.append(event)
        if "CodePipeline.job" in event and self.rig:
            client = self.rig.client("codepipeline")
            threading.Thread(target=self._run, args=(client, event["CodePipeline.job"]), daemon=True).start()
        return 202, {}, ""

    def _run(self, client: Any, job: dict[str, Any]) -> None:
        # A function whose pipeline or machine is gone fails on its own.
        with suppress(ClientError, BotoCoreError):
            self.handler(client, job)


@dataclass
class Rig:
    home: Home
    authority: Authority
    bus: events.Bus
    builds: PlayedBuilds
    functions: PlayedFunctions
    parts: list[Part]

    def client(self, service: str) -> Any:
        return self.authority.owner_session().client(service)

    def client_of(self, credentials: Credentials, service: str) -> Any:
        return self.authority.session(credentials).client(service)

    def role(self, name: str, principal: dict[str, Any], *statements: dict[str, Any]) -> str:
        """A role that a principal may take, with these rights."""
        iam = self.client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
        }
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        self.rights(name, *statements)
        return role_arn(name)

    def rights(self, name: str, *statements: dict[str, Any]) -> None:
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        self.client("iam").put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=json.dumps(policy))

    def until(self, met: Callable[[], Any], what: str, seconds: float = 15) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := met()):
            assert time.monotonic() < deadline, f"{what} did not come about"
            time.sleep(0.01)
        return found

    def status(self, pipeline: str, execution: str) -> str:
        found = self.client("codepipeline").get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=execution)
        return str(found["pipelineExecution"]["status"])

    def ended(self, pipeline: str, execution: str) -> str:
        return str(
            self.until(
                lambda: (status := self.status(pipeline, execution)) not in ("InProgress", "Stopping") and status,
                f"the end of {execution}",
            )
        )


class Memory(Front):
    """A front whose services live in this process alone: there is no disk to settle them on."""

    def settle(self) -> None:
        pass


@contextmanager
def engine_rig(root: Path, settings: Settings | None = None, home: Home | None = None) -> Iterator[Rig]:
    """`home` is given to bring the same machine up again: moto's stores then stay as they are."""
    if home is None:
        BackendDict.reset()
        home = make_home(root)
    authority = identity.create(home)
    bus = events.create(home, authority)
    builds, functions = PlayedBuilds(), PlayedFunctions()
    front = Memory(DomainDispatcherApplication(create_backend_app), lambda: None)
    context = Context(home, authority, bus, front)
    quick = settings or Settings(reinvoke_delay=0.05, build_poll=0.02)
    kept = moto.codebuild.urls.url_paths, moto.awslambda.urls.url_paths
    parts = [events.install(context), git.install(context), codepipeline.install(context, quick)]
    played = JsonService(
        "codebuild",
        authority,
        {"StartBuild": builds.start, "BatchGetBuilds": builds.get},
        lambda name: Fault("InvalidInputException", name),
    )
    moto.codebuild.urls.url_paths = {"{0}/$": played.respond}
    moto.awslambda.urls.url_paths = {"{0}/2015-03-31/functions/(?P<name>[^/]+)/invocations$": functions.invoke}
    rig = functions.rig = Rig(home, authority, bus, builds, functions, parts)
    front.gate(authority.middleware)
    server = Server(home.addresses.aws_port, front)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        for part in parts:
            part.start()
        yield rig
    finally:
        for part in reversed(parts):
            part.stop()
        server.shutdown()
        server.server_close()
        thread.join()
        moto.codebuild.urls.url_paths, moto.awslambda.urls.url_paths = kept


def commit(rig: Rig) -> str:
    """A repository `shop` whose branch main has one commit, made without a push."""
    rig.client("codecommit").create_repository(repositoryName="shop")
    repositories = Repositories(rig.home)
    folder = repositories.folder("shop")
    blob = folder / "README"
    blob.write_text("hello\n")
    written = run_git(folder, "hash-object", "-w", str(blob)).strip()
    blob.unlink()
    run_git(folder, "read-tree", "--empty")
    run_git(folder, "update-index", "--add", "--cacheinfo", f"100644,{written},README")
    tree = run_git(folder, "write-tree").strip()
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@b"}
    dates = {"GIT_AUTHOR_DATE": "1700000000 +0100", "GIT_COMMITTER_DATE": "1700000000 +0100"}
    made = run_git(folder, "commit-tree", tree, "-m", 'say "hello"', env=who | dates).strip()
    repositories.set_branch("shop", "main", made)
    return made
