"""Deploy / EKS: kubectl or helm in compute of CodePipeline's own, as the action's role in AWS and in the cluster.

input artifact → folder → a kubeconfig by the AWS CLI → kubectl apply, or helm upgrade → what they say, into the log
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from local.codebuild.clients import RoleClients
from local.codebuild.environment import of_credentials
from local.codebuild.faults import PhaseFailure
from local.codebuild.logs import Log
from local.codebuild.masking import Mask
from local.codebuild.source import fetch
from local.codebuild.workspace import SYSTEM
from local.codepipeline.messages import Progress
from local.codepipeline.runner import Done, Outcome, Provider, Refused, Waiting, Work
from local.context import Credentials

TAIL = 15  # of a failed command's last lines, in what the action says of it, as builds do
LONGEST_TAIL = 2000
LOOK = 0.1  # seconds between looks at whether the action is still wanted


class Wrong(Exception):
    """The configuration, or the artifact, is not what the action needs."""


@dataclass(frozen=True)
class Compute:
    """Where the commands of one attempt run."""

    work: Work
    folder: Path
    artifact: Path
    environment: Mapping[str, str]
    log: Log
    until: float  # of the monotonic clock


def provider(limit: float) -> Provider:
    """`limit`: seconds that one attempt may take."""
    return lambda work: _deploy(work, limit)


def _deploy(work: Work, limit: float) -> Outcome:
    credentials = work.credentials()
    clients = RoleClients(work.roles.open(credentials))
    with _compute(work, credentials, clients, limit) as compute:
        try:
            fetch(_place(work), "", compute.artifact, clients)
            commands = [_login(work), command(work.run.resolved, compute.artifact)]
        except Wrong as wrong:
            return Refused("ConfigurationError", str(wrong))
        except PhaseFailure as failure:
            code = "PermissionError" if "AccessDenied" in failure.message else "ConfigurationError"
            return Refused(code, f"The input artifact cannot be read: {failure.message}")
        for argv in commands:
            if outcome := _run(compute, argv):
                return outcome
    return Done({"EKSClusterName": work.run.resolved["ClusterName"]})


@contextmanager
def _compute(work: Work, credentials: Credentials, clients: RoleClients, limit: float) -> Iterator[Compute]:
    """A folder and a log, which ends before the action does."""
    group, stream = f"/aws/codepipeline/{work.pipeline.name}", work.run.id
    folder = work.home.work / "actions" / work.run.id
    folder.mkdir(parents=True)
    mask = Mask()
    mask.hide((credentials.access_key, credentials.secret_key, credentials.session_token))
    log = Log(work.home.logs / "actions" / f"{work.pipeline.name}-{stream}.log", mask)
    try:
        log.ship(clients("logs"), group, stream)
        work.progress(Progress(work.ref, external_id=stream, log_stream=_arn(work, group, stream)))
        variables = _environment(work, folder, credentials)
        yield Compute(work, folder, folder / "artifact", variables, log, time.monotonic() + limit)
    finally:
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _arn(work: Work, group: str, stream: str) -> str:
    region = work.run.region or work.home.region
    return f"arn:aws:logs:{region}:{work.home.account}:log-group:{group}:log-stream:{stream}"


def _place(work: Work) -> dict[str, str]:
    (where,) = work.run.inputs.values()
    return {"type": "CODEPIPELINE", "location": where.arn}


def _environment(work: Work, folder: Path, credentials: Credentials) -> dict[str, str]:
    places = (work.home.tools / "bin", Path(sys.prefix) / "bin", *SYSTEM)
    return {
        "PATH": os.pathsep.join(str(place) for place in places),
        "HOME": str(folder),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "LANG": "C.UTF-8",
        **of_credentials(credentials, work.home.endpoint_url, work.run.region or work.home.region),
    }


def _login(work: Work) -> list[str]:
    return ["aws", "eks", "update-kubeconfig", "--name", work.run.resolved["ClusterName"]]


def command(wanted: Mapping[str, str], artifact: Path) -> list[str]:
    """What deploys; Wrong for what is not in the artifact."""
    namespace = ["--namespace", wanted["Namespace"]] if wanted.get("Namespace") else []
    chart, release = wanted.get("HelmChartLocation"), wanted.get("HelmReleaseName")
    if wanted.get("ManifestFiles") and not (chart or release):
        files = _listed(wanted["ManifestFiles"], artifact)
        return ["kubectl", "apply", *namespace, *_each("--filename", files)]
    if wanted.get("ManifestFiles") or not (chart and release):
        raise Wrong("The configuration needs ManifestFiles, or HelmReleaseName and HelmChartLocation, and not both")
    values = _listed(wanted.get("HelmValuesFiles", ""), artifact)
    return ["helm", "upgrade", "--install", release, *_listed(f"./{chart}", artifact), *namespace, *_each("-f", values)]


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _listed(text: str, artifact: Path) -> list[str]:
    """Paths, which have to be there; none leads out of the artifact."""
    paths = [path.strip() for path in text.split(",") if path.strip()]
    for path in paths:
        if PurePosixPath(path).is_absolute() or not (artifact / path).resolve().is_relative_to(artifact.resolve()):
            raise Wrong(f"{path} is not a path in the input artifact")
        if not (artifact / path).exists():
            raise Wrong(f"{path.removeprefix('./')} is not in the input artifact")
    return paths


def _run(compute: Compute, argv: Sequence[str]) -> Outcome | None:
    """None when it went well."""
    shown = " ".join(argv)
    compute.log.say(f"Running command {shown}")
    compute.log.forget_tail()
    status = _status(compute, argv)
    compute.log.flush()
    if status == 0:
        return None
    if status is None:
        over = time.monotonic() >= compute.until
        return Refused("JobFailed", "Build terminated with state: TIMED_OUT.") if over else Waiting()
    said = "\n".join(compute.log.tail(TAIL))[-LONGEST_TAIL:]
    message = f"Error while executing command: {shown}. Reason: exit status {status}"
    compute.log.say(message)
    head = "Build terminated with state: FAILED. Phase: BUILD, Code: COMMAND_EXECUTION_ERROR, Message: "
    return Refused("JobFailed", f"{head}{message}\n{said}".rstrip())


def _status(compute: Compute, argv: Sequence[str]) -> int | None:
    """Of a command that ended by itself; None when its time was over, or nobody wanted it any more."""
    process = subprocess.Popen(
        argv,
        cwd=compute.artifact,
        env=dict(compute.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    reading = threading.Thread(target=_read, args=(process, compute.log.output), daemon=True)
    reading.start()
    try:
        return _ended(process, lambda: compute.work.wanted() and time.monotonic() < compute.until)
    finally:
        reading.join()


def _ended(process: "subprocess.Popen[str]", going_on: Callable[[], bool]) -> int | None:
    while True:
        try:
            return process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if not going_on():
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return None


def _read(process: "subprocess.Popen[str]", tell: Callable[[str], None]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            tell(line)
