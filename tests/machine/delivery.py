"""A service in delivery, as its team sees it: a git repository, a push, and what CodePipeline, kubectl and helm say.

Everything goes through stock tools and AWS's own APIs; nothing here knows the machine from the inside.
"""

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import CHECKOUT, RunningMachine

FINAL = {"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"}
SERVICE_FILES = ("pipeline.yaml", "app", "manifests", "charts", "buildspec")

Edit = str | Callable[[str], str]


@dataclass
class Delivery:
    """One service's clone and its pipeline."""

    machine: RunningMachine
    clone: Path
    name: str = "shop"

    @property
    def pipeline(self) -> Any:
        return self.machine.client("codepipeline")

    def deploy(self, *arguments: str) -> None:
        """`cdk bootstrap` and `cdk deploy --all` of the stock CDK CLI."""
        account = f"aws://{self.machine.home.account}/{self.machine.home.region}"
        # From a folder without cdk.json: bootstrapping needs no app, and would synthesize one.
        self.machine.run("cdk", "bootstrap", account, cwd=self.clone.parent, timeout=300)
        self.machine.run(
            *("cdk", "deploy", "--all", "--require-approval", "never", "--progress", "events"),
            *("--output", str(self.clone.parent / "cdk.out"), *arguments),
            timeout=600,
        )

    def destroy(self, folder: Path | None = None) -> None:
        """`cdk destroy --all`, after which no stack is left. `folder`: the service's, where that is not the clone."""
        output = str(self.clone.parent / "cdk.out")
        where = ("-c", f"service={folder or self.clone}", "--output", output)
        self.machine.run("cdk", "destroy", "--all", "--force", *where)
        names = [stack["StackName"] for stack in self.machine.client("cloudformation").describe_stacks()["Stacks"]]
        assert not [name for name in names if name.startswith(f"{self.name}-")]

    def git(self, *arguments: str, check: bool = True) -> str:
        return self.machine.run("git", *arguments, cwd=self.clone, check=check).stdout.strip()

    def start_repository(self, repository: str = "") -> None:
        """A clone of the empty CodeCommit repository (the service's own by default), with nothing pushed yet."""
        url = self.machine.client("codecommit").get_repository(repositoryName=repository or self.name)[
            "repositoryMetadata"
        ]
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.com")
        self.git("remote", "add", "origin", url["cloneUrlHttp"])

    def push(self, message: str, edits: dict[str, Edit] | None = None) -> str:
        """Commit the edits (a file's new text, or a function of its old one) and push; the commit's id."""
        for path, edit in (edits or {}).items():
            file = self.clone / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edit if isinstance(edit, str) else edit(file.read_text()))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    def executions(self) -> list[dict[str, Any]]:
        """Summaries, newest first."""
        answer = self.pipeline.list_pipeline_executions(pipelineName=self.name)
        return list(answer["pipelineExecutionSummaries"])

    def execution_of(self, commit: str, timeout: float = 20) -> str:
        """The execution that the push of a commit started."""

        def started() -> str | None:
            for summary in self.executions():
                revisions = [revision.get("revisionId") for revision in summary.get("sourceRevisions", [])]
                if commit in revisions and summary.get("executionType", "STANDARD") == "STANDARD":
                    return str(summary["pipelineExecutionId"])
            return None

        return wait_for(started, timeout, f"an execution of commit {commit}", self.describe)

    def finish(self, execution: str, approve: bool = True, timeout: float = 240) -> str:
        """The final status of an execution; approvals on its way are given when asked to."""

        def final() -> str | None:
            status = self.status(execution)
            if status in FINAL:
                return status
            if approve:
                self.approve()
            return None

        return wait_for(final, timeout, f"the end of execution {execution}", self.describe)

    def release(self, message: str, edits: dict[str, Edit] | None = None, **options: Any) -> tuple[str, str, str]:
        """Push and see it through: the commit, the execution and its final status."""
        commit = self.push(message, edits)
        execution = self.execution_of(commit)
        return commit, execution, self.finish(execution, **options)

    def status(self, execution: str) -> str:
        answer = self.pipeline.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution)
        return str(answer["pipelineExecution"]["status"])

    def approve(self, execution: str = "", status: str = "Approved") -> None:
        """Answer the approval that waits, if there is one: of this execution, or whichever holds the stage."""
        for stage, action in self.actions_in_state():
            latest = action.get("latestExecution", {})
            waits = latest.get("token") and latest.get("status") == "InProgress"
            if waits and execution in {"", stage["execution"]}:
                self.pipeline.put_approval_result(
                    pipelineName=self.name,
                    stageName=stage["name"],
                    actionName=action["actionName"],
                    result={"status": status, "summary": "answered by a test"},
                    token=latest["token"],
                )

    def actions_in_state(self) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
        for stage in self.pipeline.get_pipeline_state(name=self.name)["stageStates"]:
            execution = stage.get("latestExecution", {}).get("pipelineExecutionId", "")
            for action in stage["actionStates"]:
                yield {"name": stage["stageName"], "execution": execution}, action

    def action(self, execution: str, stage: str, action: str = "Deploy") -> dict[str, Any]:
        """The newest execution of an action, as list-action-executions tells it."""
        found = self.action_executions(execution, stage, action)
        assert found, f"{stage}/{action} did not run in {execution}\n{self.describe()}"
        return found[0]

    def action_executions(self, execution: str, stage: str, action: str = "Deploy") -> list[dict[str, Any]]:
        answer = self.pipeline.list_action_executions(pipelineName=self.name, filter={"pipelineExecutionId": execution})
        return [
            detail
            for detail in answer["actionExecutionDetails"]
            if detail["stageName"] == stage and detail["actionName"] == action
        ]

    def error(self, execution: str, stage: str, action: str = "Deploy") -> str:
        """What the action's result says of its failure."""
        result = self.action(execution, stage, action)["output"]["executionResult"]
        details = result.get("errorDetails", {})
        return "\n".join(filter(None, [result.get("externalExecutionSummary"), details.get("message")]))

    def artifact(self, execution: str, name: str = "Release") -> dict[str, bytes]:
        """The files of an output artifact of this execution's build."""
        return self.files_of(execution, "Build", "Build", name)

    def files_of(self, execution: str, stage: str, action: str, name: str = "") -> dict[str, bytes]:
        """The files of an action's output artifact: of that name, or of its only one."""
        outputs = self.action(execution, stage, action)["output"]["outputArtifacts"]
        place = next(output["s3location"] for output in outputs if name in ("", output["name"]))
        body = self.machine.client("s3").get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return {member: archive.read(member) for member in archive.namelist()}

    def release_json(self, execution: str) -> dict[str, Any]:
        return dict(json.loads(self.artifact(execution)["release.json"]))

    def kubectl(self, *arguments: str, check: bool = True) -> str:
        return self.machine.run("kubectl", *arguments, check=check).stdout

    def pods(self, environment: str) -> list[dict[str, Any]]:
        """The running pods of an environment that are not on their way out."""
        items = json.loads(self.kubectl("get", "pods", "-n", f"{self.name}-{environment}", "-o", "json"))["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def running_digests(self, environment: str) -> dict[str, set[str]]:
        """Per container image's repository, the digests that ready containers run."""
        digests: dict[str, set[str]] = {}
        for pod in self.pods(environment):
            for container in pod["status"].get("containerStatuses", []):
                if container["ready"]:
                    repository, _, digest = container["imageID"].partition("@")
                    digests.setdefault(repository.partition("/")[2], set()).add(digest)
        return digests

    def ledger(self, environment: str) -> list[dict[str, Any]]:
        """What `shipline releases` prints of an environment, newest first."""
        command = ("shipline", "releases", "--environment", environment, "--output", "json")
        return list(json.loads(self.machine.run(*command, cwd=self.clone).stdout))

    def describe(self) -> str:
        """The pipeline's state and the newest failures, for the message of a test that fails."""
        state = [
            f"{stage['name']}/{action['actionName']}: {json.dumps(action.get('latestExecution', {}), default=str)}"
            for stage, action in self.actions_in_state()
        ]
        details = self.pipeline.list_action_executions(pipelineName=self.name)["actionExecutionDetails"]
        failed = [each for each in details if each["status"] == "Failed"][:5]
        return "\n".join(
            [
                *(
                    f"FAILED {each['pipelineExecutionId']} {each['stageName']}/{each['actionName']}: "
                    f"{json.dumps(each.get('output', {}).get('executionResult', {}), default=str)}"
                    for each in failed
                ),
                *state,
            ]
        )


def copy_of_sample(folder: Path) -> Path:
    """The files of this checkout that make the sample a repository of its own."""
    for name in SERVICE_FILES:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder


def wait_for(found: Callable[[], Any], timeout: float, what: str, describe: Callable[[], str] = str) -> Any:
    """The first answer of `found` that is not None; the failure tells what was waited for and how things stand."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if (answer := found()) is not None:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"waited {timeout:g} s for {what}\n{describe()}")
