"""A service's pipeline, brought to this machine; and where its code is pushed to.

cdk synth, beside the machine's start → cdk bootstrap → cdk deploy --all of what was synthesized
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Step
from cli.definition import load_service
from cli.environment import child_environment
from cli.errors import CommandError
from cli.process import TAIL, Job, beside, run
from cli.starting import bring_up
from cli.world import World

if TYPE_CHECKING:
    from pipeline.config import Service
    from pipeline.config.service import CodeCommitSource, S3Source

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
BOOTSTRAP_STACK = "CDKToolkit"
COUNT = re.compile(r"\| \d+/\d+ \|")
FINISHED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


@dataclass(frozen=True)
class Deployed:
    name: str
    push_url: str  # of a git repository, or s3://BUCKET/KEY
    branch: str
    environments: tuple[str, ...]

    @property
    def command(self) -> str:
        """What releases the service, in its folder."""
        if self.push_url.startswith("s3://"):
            return f"git archive --format zip HEAD | aws s3 cp - {self.push_url}"
        return f"git push {self.push_url} HEAD:{self.branch}"


def bring_up_with(world: World, folder: Path) -> Deployed:
    """The machine, and on it the stacks of the service in `folder`; CommandError with CloudFormation's own reasons.

    By the real CDK CLI. Synthesizing needs no AWS, and takes as long as the machine takes to come up.
    """
    from pipeline.config.service import CodeCommitSource, ConnectedSource

    service = load_service(folder)
    if isinstance(service.source, ConnectedSource):
        raise CommandError(
            f"{service.name} is pushed to another host, which does not call back to this machine",
            "set `source: codecommit` to try it here",
        )
    environ = child_environment(world.home, world.environ)
    with beside(synthesis(world, environ, folder)) as synthesized:
        bring_up(world)
        bootstrap(world, environ)
        for account, region in elsewhere(service, world.home.account, world.home.region):
            bootstrap_there(world, account, region)
        finish_synthesis(world, synthesized)
    deploy(world, environ)
    return Deployed(
        name=service.name,
        push_url=_push_url(world, service.source),
        branch=service.source.branch if isinstance(service.source, CodeCommitSource) else "",
        environments=tuple(target.name for target in service.environments),
    )


def _push_url(world: World, source: "CodeCommitSource | S3Source") -> str:
    from pipeline.config.service import S3Source

    if isinstance(source, S3Source):
        return f"s3://{source.bucket}/{source.key}"
    repository = world.machine_client("codecommit").get_repository(repositoryName=source.repository)
    return str(repository["repositoryMetadata"]["cloneUrlHttp"])


def bootstrap(world: World, environ: Mapping[str, str]) -> None:
    """CDK's own bucket and roles, once per machine."""
    with world.console.step("cdk bootstrap") as step:
        if stack_status(world.machine_client("cloudformation"), BOOTSTRAP_STACK) in FINISHED:
            step.result = "was done already"
            return
        account = f"aws://{world.home.account}/{world.home.region}"
        # From a folder without cdk.json: bootstrapping needs no app, and would synthesize one.
        run(cdk(world, environ, ["bootstrap", account], world.home.root), step.detail)


def elsewhere(service: "Service", account: str, region: str) -> list[tuple[str, str]]:
    """The other accounts and regions that a target's stack goes to."""
    places = [(part.at.account or account, part.at.region or region) for part in service.apart if part.at]
    return sorted({*places} - {(account, region)})


def bootstrap_there(world: World, account: str, region: str) -> None:
    """CDK's roles where a target is, which trust the pipeline's account; as its owner does it on AWS."""
    with world.console.step(f"cdk bootstrap {account}/{region}") as step:
        environ = child_environment(world.home, world.environ, account, region)
        options = ["--trust", world.home.account, "--cloudformation-execution-policies", ADMINISTRATOR]
        run(cdk(world, environ, ["bootstrap", f"aws://{account}/{region}", *options], world.home.root), step.detail)


def synthesis(world: World, environ: Mapping[str, str], folder: Path) -> Job:
    # The CLI asks STS for the account; where nobody answers yet, it goes by CDK_DEFAULT_ACCOUNT.
    arguments = ["synth", "--quiet", "--output", str(assembly(world)), "-c", f"service={folder.resolve()}"]
    return cdk(world, environ, arguments, world.checkout)


def finish_synthesis(world: World, synthesized: Callable[[], list[str]]) -> None:
    with world.console.step("cdk synth") as step:
        synthesized()
        step.result = "began beside the machine"


def assembly(world: World) -> Path:
    return world.home.root / "cdk.out"


def deploy(world: World, environ: Mapping[str, str]) -> None:
    with world.console.step("cdk deploy --all") as step:
        arguments = ["deploy", "--all", "--require-approval", "never", "--progress", "events", "--concurrency", "2"]
        arguments += ["--app", str(assembly(world))]
        lines = run(cdk(world, environ, arguments, world.checkout), CdkProgress(step).line)
        unchanged = sum("(no changes)" in line for line in lines)
        step.result = f"{unchanged} unchanged" if unchanged else ""


def cdk(world: World, environ: Mapping[str, str], arguments: list[str], cwd: Path) -> Job:
    return Job(
        argv=[str(world.home.tools / "bin" / "cdk"), *arguments],
        environ={**environ, "NO_COLOR": "1"},
        cwd=cwd,
        log=world.home.logs / "cdk.log",
        timeout=900,
        essence=failures,
        advice=f"the whole output: {world.home.logs / 'cdk.log'}; correct it and run this command again",
    )


def failures(lines: list[str]) -> list[str]:
    """The resources that failed, in CloudFormation's words; where none did, the last lines."""
    # The same failure comes twice: when it happens, with a count of resources, and in the list at the end.
    failed = [COUNT.sub("|", " ".join(line.split())) for line in lines if "_FAILED " in line]
    return list(dict.fromkeys(failed))[:TAIL] or lines[-TAIL:]


class CdkProgress:
    """What CDK prints, cut down to the resource that is being made."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def line(self, text: str) -> None:
        parts = [part.strip() for part in text.split("|")]
        if len(parts) >= 6 and parts[3].endswith(("_IN_PROGRESS", "_COMPLETE", "_FAILED")):
            self.step.detail(f"{parts[0]}: {parts[4]} {parts[5]}")
        elif text.strip():
            self.step.detail(text.strip())


def stack_status(cloudformation: Any, name: str) -> str | None:
    """None when there is no such stack."""
    from botocore.exceptions import ClientError

    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's "does not exist"
            return None
        raise
    status: str = stacks[0]["StackStatus"]
    return status
