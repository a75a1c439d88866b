"""One build from SUBMITTED to COMPLETED: the straight path.

role → log → workspace → sources → buildspec → variables → command phases → artifacts and reports → the end.
The build's document says all there is to know; the API's requests are not known here. Each phase is opened and
closed in `_phase` alone, so that whatever ends a build early is told in the phase where it happened.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, Literal

from botocore.exceptions import ClientError

from local.codebuild import environment, runtimes, source
from local.codebuild.buildspec import PHASES, Buildspec, Phase, parse
from local.codebuild.clients import RoleClients
from local.codebuild.delivery import Delivery, Destinations
from local.codebuild.faults import PhaseFailure
from local.codebuild.logs import Log
from local.codebuild.masking import Mask
from local.codebuild.nodes import BuildspecError
from local.codebuild.phases import after_failure
from local.codebuild.record import BuildRecord
from local.codebuild.shell import Limits, Shell, ShellLost, Stopped, TimedOut
from local.codebuild.store import Store
from local.codebuild.workspace import Workspace
from local.context import AccessDenied, Credentials, Identity
from local.settings import Home

Document = dict[str, Any]
Outcome = Literal["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"]
SERVICE = "codebuild.amazonaws.com"
TAIL_LINES = 15  # of a failed command's output, in the phase's context
LONGEST_TAIL = 2000


@dataclass(frozen=True)
class Machine:
    """What all builds of this machine share."""

    home: Home
    identity: Identity
    store: Store
    prefix: Callable[[], Sequence[str]]  # argv in front of a build's shell
    environment: Callable[[], Mapping[str, str]]  # variables that every build gets
    programs: Path | None = None  # a folder that is before the tools on PATH


@dataclass(frozen=True)
class Ready:
    """What stands when DOWNLOAD_SOURCE is over."""

    spec: Buildspec
    shell: Shell
    secrets: frozenset[str]


@dataclass
class Build:
    """One build under way. `stop` may be called from any thread, `run` from the one that then lives as long."""

    machine: Machine
    record: BuildRecord
    destinations: Destinations
    timeout: float  # seconds
    credentials: Credentials | None = None  # whose hands it works with; None: those of its service role
    _stopped: Event = field(default_factory=Event)
    _reason: str = ""
    _failed: bool = False

    def __post_init__(self) -> None:
        document = self.record.document
        self._mask = Mask()
        self._log = Log(log_path(self.machine.home, document), self._mask)
        self._workspace = Workspace(self.machine.home.work / "builds" / document["id"].partition(":")[2])
        self._limits = Limits(time.monotonic() + self.timeout, self._stopped.is_set)

    def stop(self, reason: str) -> None:
        self._reason = reason
        self._stopped.set()

    def run(self) -> None:
        """Returns when the build is COMPLETED: on disk, announced, its log shipped, its folders gone."""
        outcome = self._outcome()
        self.record.begin("FINALIZING")
        self._workspace.remove()
        trouble = self._log.close()
        self.record.end(failure=PhaseFailure("CLIENT_ERROR", trouble) if trouble else None)
        self.record.close(outcome)

    def _outcome(self) -> Outcome:
        try:
            self._run_phases()
        except PhaseFailure:
            return "FAILED"
        except Stopped:
            return "STOPPED"
        except TimedOut:
            return "TIMED_OUT"
        except ShellLost as error:
            self._log.say(str(error))
            return "FAULT"
        return "FAILED" if self._failed else "SUCCEEDED"

    def _run_phases(self) -> None:
        with self._phase("SUBMITTED"):
            credentials = self._assume()
            clients = RoleClients(self.machine.identity.session(credentials))
            self._ship_log(clients)
        with self._phase("QUEUED"):
            pass
        with self._phase("PROVISIONING"):
            self._workspace.make()
        with self._phase("DOWNLOAD_SOURCE"):
            ready = self._download(credentials, clients)
        with closing(ready.shell):
            self._run_commands(ready)
            self._deliver(ready, clients, credentials)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        self.record.begin(name)
        self._log.say(f"Entering phase {name}")
        try:
            if self._stopped.is_set():
                raise Stopped
            yield
        except PhaseFailure as failure:
            self._end_phase(name, "FAILED", failure)
            raise
        except Stopped:
            self._end_phase(name, "STOPPED", PhaseFailure("BUILD_STOPPED", self._reason))
            raise
        except TimedOut:
            message = f"Build has timed out. It may run for {self.timeout / 60:g} minutes"
            self._end_phase(name, "TIMED_OUT", PhaseFailure("BUILD_TIMED_OUT", message))
            raise
        except ShellLost as error:
            self._end_phase(name, "FAULT", PhaseFailure("INTERNAL_SERVICE_ERROR", str(error)))
            raise
        self._end_phase(name, "SUCCEEDED", None)

    def _end_phase(self, name: str, status: str, failure: PhaseFailure | None) -> None:
        if failure:
            failure = PhaseFailure(failure.code, self._mask(failure.message), failure.output)
        self._log.say(f"Phase complete: {name} State: {status}")
        code, message = (failure.code, failure.message) if failure else ("", "")
        self._log.say(f"Phase context status code: {code} Message: {message}")
        self.record.end(status, failure)

    def _assume(self) -> Credentials:
        credentials = self.credentials or self._of_role()
        self._mask.hide((credentials.access_key, credentials.secret_key, credentials.session_token))
        return credentials

    def _of_role(self) -> Credentials:
        document = self.record.document
        try:
            return self.machine.identity.assume_as_service(
                document["serviceRole"], SERVICE, f"AWSCodeBuild-{document['id'].partition(':')[2]}"
            )
        except AccessDenied as error:
            raise PhaseFailure(
                "ACCESS_DENIED",
                f"CodeBuild is not authorized to perform: sts:AssumeRole on {document['serviceRole']}: {error}",
            ) from None

    def _ship_log(self, clients: RoleClients) -> None:
        logs = self.record.document["logs"]
        if "groupName" not in logs:
            return
        try:
            self._log.ship(clients("logs"), logs["groupName"], logs["streamName"])
        except ClientError as error:
            document = self.record.document
            raise PhaseFailure(
                "ACCESS_DENIED",
                f"Service role {document['serviceRole']} does not allow AWS CodeBuild to create Amazon CloudWatch Logs "
                f"log streams for build {document['arn']}. Error message: {error.response['Error'].get('Message')}",
            ) from None

    def _download(self, credentials: Credentials, clients: RoleClients) -> Ready:
        """Sources, buildspec, variables, shell: whatever is wrong with them is told here, before a command runs."""
        document, workspace = self.record.document, self._workspace
        self._log.say(f"CODEBUILD_SRC_DIR={workspace.source}")
        source.fetch(document["source"], _object_version(document), workspace.source, clients)
        versions = {
            each["sourceIdentifier"]: each["sourceVersion"] for each in document.get("secondarySourceVersions", [])
        }
        for each in document.get("secondarySources", []):
            name = each["sourceIdentifier"]
            source.fetch(each, versions.get(name, ""), workspace.secondary(name), clients)
        spec = _buildspec(document["source"].get("buildspec", ""), workspace.source, clients)
        declared = document["environment"].get("environmentVariables", [])
        variables = environment.resolve(spec.environment, declared, clients)
        self._mask.hide(variables.values[name] for name in variables.secrets)
        values = self._variables(variables.values, credentials)
        for line in runtimes.mismatches(spec.phase("install").runtime_versions, values):
            self._log.say(line)
        shell = Shell(
            workspace.state,
            workspace.source,
            values,
            self.machine.prefix(),
            spec.environment.shell,
            carry=spec.version == "0.2",
        )
        shell.begin(self._limits)
        return Ready(spec, shell, variables.secrets)

    def _variables(self, given: Mapping[str, str], credentials: Credentials) -> dict[str, str]:
        home, document = self.machine.home, self.record.document
        folders = {
            f"CODEBUILD_SRC_DIR_{each['sourceIdentifier']}": str(self._workspace.secondary(each["sourceIdentifier"]))
            for each in document.get("secondarySources", [])
        }
        return {
            **self._workspace.variables(home.tools, self.machine.programs),
            **self.machine.environment(),
            **environment.of_credentials(credentials, home.endpoint_url, home.region),
            **given,
            **environment.of_codebuild(document, str(self._workspace.source)),
            **folders,
        }

    def _run_commands(self, ready: Ready) -> None:
        """The four command phases; PhaseFailure when one ends the build at once."""
        for name in PHASES:
            phase = ready.spec.phase(name)
            try:
                with self._phase(name.upper()):
                    self._run_phase(phase, ready.shell)
            except PhaseFailure:
                self._failed = True
                ready.shell.export("CODEBUILD_BUILD_SUCCEEDING", "0")
                if after_failure(name, phase.on_failure) == "end":
                    raise
        self._export(ready)

    def _run_phase(self, phase: Phase, shell: Shell) -> None:
        """`finally` runs whatever became of the commands; the first failure is the phase's."""
        failures = [self._run_all(phase.commands, shell), self._run_all(phase.finally_, shell)]
        for failure in failures:
            if failure:
                raise failure

    def _run_all(self, commands: Sequence[str], shell: Shell) -> PhaseFailure | None:
        for command in commands:
            failure = self._run_command(command, shell)
            if failure:
                return failure
        return None

    def _run_command(self, command: str, shell: Shell) -> PhaseFailure | None:
        self._log.say(f"Running command {command.rstrip()}")
        self._log.forget_tail()
        try:
            status = shell.run(command, self._log.output, self._limits)
        except ShellLost as error:
            raise ShellLost(f"Error while executing command: {command.rstrip()}. Reason: {error}") from None
        self._log.flush()
        if status == 0:
            return None
        self._log.say(f"Command did not exit successfully {command.rstrip()} exit status {status}")
        tail = "\n".join(self._log.tail(TAIL_LINES))[-LONGEST_TAIL:]
        message = f"Error while executing command: {command.rstrip()}. Reason: exit status {status}"
        return PhaseFailure("COMMAND_EXECUTION_ERROR", message, tail)

    def _export(self, ready: Ready) -> None:
        """exported-variables as they stand after POST_BUILD; secrets and AWS_* never leave the build."""
        names = [
            name
            for name in ready.spec.environment.exported
            if name not in ready.secrets and not name.startswith("AWS_")
        ]
        values = ready.shell.read(names, self._limits)
        self.record.update(
            exportedEnvironmentVariables=[{"name": name, "value": values[name]} for name in names if name in values]
        )

    def _deliver(self, ready: Ready, clients: RoleClients, credentials: Credentials) -> None:
        with self._phase("UPLOAD_ARTIFACTS"):
            delivery = Delivery(
                self.destinations,
                self.machine.store,
                self.record,
                self._workspace.source,
                clients,
                self._allow(credentials),
                lambda text: ready.shell.expand(text, self._limits),
                self._log.say,
            )
            delivery.deliver(ready.spec)

    def _allow(self, credentials: Credentials) -> Callable[[str, str], None]:
        """Reports have no API of their own to put them: their permissions are asked for by name."""
        identity = self.machine.identity
        principal = identity.principal(credentials.access_key, credentials.session_token)

        def allow(action: str, resource: str) -> None:
            if principal is None:
                raise PhaseFailure("ACCESS_DENIED", "The security token of the build has expired")
            try:
                identity.check(principal, action, resource)
            except AccessDenied as error:
                raise PhaseFailure("ACCESS_DENIED", str(error)) from None

        return allow


def log_path(home: Home, document: Document) -> Path:
    return home.logs / "builds" / f"{document['projectName']}-{document['buildNumber']}.log"


def _object_version(document: Document) -> str:
    """For a source in S3 the source version is the object's; in a pipeline it tells where the object is."""
    version = str(document.get("sourceVersion", ""))
    return version if document["source"]["type"] == "S3" and not version.startswith("arn:") else ""


def _buildspec(declared: str, folder: Path, clients: RoleClients) -> Buildspec:
    """Inline text, a path in the source, or an object in S3; CodeBuild tells them apart by their looks."""
    try:
        return parse(_buildspec_text(declared, folder, clients))
    except BuildspecError as error:
        raise PhaseFailure("YAML_FILE_ERROR", str(error)) from None


def _buildspec_text(declared: str, folder: Path, clients: RoleClients) -> str:
    if "\n" in declared or declared.lstrip().startswith("{"):
        return declared
    if declared.startswith("arn:aws:s3:::"):
        bucket, key = source.location(declared)
        try:
            return str(clients("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        except ClientError as error:
            raise PhaseFailure("YAML_FILE_ERROR", f"{declared}: {error.response['Error'].get('Message')}") from None
    path = folder / (declared or "buildspec.yml")
    if not path.is_file():
        raise PhaseFailure("YAML_FILE_ERROR", f"stat {path}: no such file or directory")
    return path.read_text()
