"""Builds: StartBuild, StopBuild, RetryBuild, BatchGetBuilds, ListBuilds, ListBuildsForProject, BatchDeleteBuilds.

A start merges request and project into the build's document, keeps it, and hands it to a thread of its own.
"""

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from local.codebuild.delivery import Destinations
from local.codebuild.environment import merged
from local.codebuild.faults import invalid, limit, not_found
from local.codebuild.paging import page
from local.codebuild.projects import Projects
from local.codebuild.record import BuildRecord, Publish
from local.codebuild.runner import Build, Machine
from local.context import Credentials, Principal
from local.wire import Call, Handler

Document = dict[str, Any]
STOP_SECONDS = 5.0  # how long StopBuild waits for the build to be over before it answers
INTERRUPTED = "The machine stopped while this build ran. Start it again: aws codebuild retry-build --id {id}"


@dataclass
class Builds:
    machine: Machine
    projects: Projects
    publish: Publish
    _running: dict[str, tuple[Build, threading.Thread]] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def handlers(self) -> dict[str, Handler]:
        return {
            "StartBuild": self.start,
            "StopBuild": self.stop,
            "RetryBuild": self.retry,
            "BatchGetBuilds": self.batch_get,
            "BatchDeleteBuilds": self.batch_delete,
            "ListBuilds": self.list_all,
            "ListBuildsForProject": self.list_for_project,
        }

    def start(self, call: Call) -> Document:
        return {"build": self._start_once(call.input, call.caller)}

    def retry(self, call: Call) -> Document:
        """The same request once more, on the project as it is now."""
        if "id" not in call.input:
            raise invalid("Build ID cannot be empty")
        request = self.machine.store.get("request", self.found(call.input["id"])["id"])
        assert request is not None
        again = {name: value for name, value in request.items() if name != "idempotencyToken"}
        if "idempotencyToken" in call.input:
            again["idempotencyToken"] = call.input["idempotencyToken"]
        return {"build": self._start_once(again, call.caller)}

    def stop(self, call: Call) -> Document:
        identity = self.found(call.input["id"])["id"]
        with self._lock:
            running = self._running.get(identity)
        if running:
            build, thread = running
            build.stop(f"Build was stopped by {call.caller.arn}")
            thread.join(STOP_SECONDS)
        return {"build": self.found(identity)}

    def batch_get(self, call: Call) -> Document:
        found, missing = [], []
        for given in call.input["ids"]:
            document = self.machine.store.get("build", _bare(given))
            if document:
                found.append(document)
            else:
                missing.append(given)
        return {"builds": found, "buildsNotFound": missing}

    def batch_delete(self, call: Call) -> Document:
        deleted, kept = [], []
        for given in call.input["ids"]:
            document = self.machine.store.get("build", _bare(given))
            if document is None or not document["buildComplete"]:
                status = "BUILD_NOT_FOUND" if document is None else "BUILD_IN_PROGRESS"
                kept.append({"id": given, "statusCode": status})
                continue
            self.machine.store.delete("build", document["id"])
            self.machine.store.delete("request", document["id"])
            deleted.append(document["arn"])
        return {"buildsDeleted": deleted, "buildsNotDeleted": kept}

    def list_all(self, call: Call) -> Document:
        return self._listed(self.machine.store.keys("build"), call.input)

    def list_for_project(self, call: Call) -> Document:
        project = self.projects.named(call.input["projectName"])
        return self._listed(self.machine.store.keys("build", project["name"]), call.input)

    def recover(self) -> None:
        """Close what a kill left open."""
        for document in self.machine.store.all("build"):
            if not document["buildComplete"] and document["id"] not in self._running:
                record = BuildRecord(document, self.machine.store, self.publish)
                record.interrupt(INTERRUPTED.format(id=document["id"]))

    def stop_all(self, reason: str) -> None:
        """Returns when no build runs any more."""
        with self._lock:
            running = list(self._running.values())
        for build, _ in running:
            build.stop(reason)
        for _, thread in running:
            thread.join()

    def _listed(self, ids: list[str], request: Document) -> Document:
        newest_first = request.get("sortOrder", "DESCENDING") == "DESCENDING"
        return page("ids", ids[::-1] if newest_first else ids, request)

    def _start_once(self, request: Document, caller: Principal) -> Document:
        """The same idempotency token for the same project starts one build."""
        project = self.projects.named(request["projectName"])
        with self._lock:
            token = (project["name"], request.get("idempotencyToken", ""))
            if token[1] and token in self._tokens:
                return self.found(self._tokens[token])
            self._check_limit(project)
            document = self.begin(project, request, caller)
            if token[1]:
                self._tokens[token] = document["id"]
            return document

    def _check_limit(self, project: Document) -> None:
        most = project.get("concurrentBuildLimit")
        active = [
            build for build, _ in self._running.values() if build.record.document["projectName"] == project["name"]
        ]
        if most is not None and len(active) >= most:
            raise limit(f"Cannot have more than {most} builds of the project {project['name']} in progress")

    def begin(
        self, project: Document, request: Document, caller: Principal, credentials: Credentials | None = None
    ) -> Document:
        """Start a build of a project that may be known to nobody else, with hands that may be the caller's."""
        number = self.machine.store.count(f"builds of {project['name']}")
        document = new_build(project, request, number, caller)
        record = BuildRecord(document, self.machine.store, self.publish)
        self.machine.store.put("request", document["id"], request)
        record.open()
        shown = dict(document, phases=[])
        seconds = document["timeoutInMinutes"] * 60.0
        build = Build(self.machine, record, destinations(project, request), seconds, credentials)
        thread = threading.Thread(target=self._run, args=(build,), name=f"build-{document['id']}", daemon=True)
        with self._lock:
            self._running[document["id"]] = (build, thread)
            thread.start()
        return shown

    def _run(self, build: Build) -> None:
        try:
            build.run()
        finally:
            with self._lock:
                self._running.pop(build.record.id, None)
                build.record.interrupt("The build ended by a fault of this machine: shipline logs")

    def found(self, given: str) -> Document:
        document = self.machine.store.get("build", _bare(given))
        if document is None:
            raise not_found(f"Build cannot be found: {given}")
        return document


def new_build(project: Document, request: Document, number: int, caller: Principal) -> Document:
    """The build's first document: the project, with the request's overrides."""
    name, identity = project["name"], str(uuid.uuid4())
    source = _source(project, request)
    arn_prefix = project["arn"].partition(":project/")[0]
    document: Document = {
        "id": f"{name}:{identity}",
        "arn": f"{arn_prefix}:build/{name}:{identity}",
        "buildNumber": number,
        "startTime": time.time(),
        "currentPhase": "SUBMITTED",
        "buildStatus": "IN_PROGRESS",
        "buildComplete": False,
        "projectName": name,
        "phases": [],
        "source": source,
        "secondarySources": request.get("secondarySourcesOverride", project.get("secondarySources", [])),
        "secondarySourceVersions": request.get(
            "secondarySourcesVersionOverride", project.get("secondarySourceVersions", [])
        ),
        "artifacts": {},
        "cache": request.get("cacheOverride", project["cache"]),
        "environment": _environment(project["environment"], request),
        "serviceRole": request.get("serviceRoleOverride", project["serviceRole"]),
        "timeoutInMinutes": request.get("timeoutInMinutesOverride", project["timeoutInMinutes"]),
        "queuedTimeoutInMinutes": request.get("queuedTimeoutInMinutesOverride", project["queuedTimeoutInMinutes"]),
        "encryptionKey": request.get("encryptionKeyOverride", project["encryptionKey"]),
        "initiator": initiator(caller, source),
        "logs": _logs(arn_prefix, name, identity, request.get("logsConfigOverride") or project.get("logsConfig") or {}),
        "exportedEnvironmentVariables": [],
        "reportArns": [],
    }
    return document | _versions(project, source, request)


def _source(project: Document, request: Document) -> Document:
    """A pipeline's build stays one of type CODEPIPELINE, wherever the pipeline says that its artifact lies."""
    source = dict(project["source"])
    if "sourceTypeOverride" in request and source["type"] != "CODEPIPELINE":
        source["type"] = request["sourceTypeOverride"]
    for override, member in (("sourceLocationOverride", "location"), ("buildspecOverride", "buildspec")):
        if override in request:
            source[member] = request[override]
    if source["type"] == "CODEPIPELINE" and not source.get("location"):
        raise invalid(
            f"The project {project['name']} is built by a pipeline: it has no source of its own to start from. "
            "Start the pipeline instead: aws codepipeline start-pipeline-execution"
        )
    if source["type"] == "CODEPIPELINE" and "/" not in source["location"].removeprefix("arn:aws:s3:::").strip("/"):
        raise invalid(f"The source location {source['location']} is not bucket/key")
    return source


def _versions(project: Document, source: Document, request: Document) -> Document:
    """In a pipeline, the source version is where the artifact lies; what else is given is the revision inside."""
    given = request.get("sourceVersion") or project.get("sourceVersion") or ""
    if source["type"] == "CODEPIPELINE":
        place = f"arn:aws:s3:::{source['location'].removeprefix('arn:aws:s3:::')}"
        return {"sourceVersion": place} | ({} if given in ("", place) else {"resolvedSourceVersion": given})
    return {"sourceVersion": given} if given else {}


def _environment(environment: Document, request: Document) -> Document:
    overrides = {
        "environmentTypeOverride": "type",
        "imageOverride": "image",
        "computeTypeOverride": "computeType",
        "privilegedModeOverride": "privilegedMode",
    }
    changed = {member: request[name] for name, member in overrides.items() if name in request}
    variables = [{"type": "PLAINTEXT", **each} for each in request.get("environmentVariablesOverride", [])]
    return {**environment, **changed, "environmentVariables": merged(environment["environmentVariables"], variables)}


def _logs(arn_prefix: str, project: str, identity: str, config: Document) -> Document:
    cloudwatch = {"status": "ENABLED", **config.get("cloudWatchLogs", {})}
    s3 = config.get("s3Logs", {"status": "DISABLED", "encryptionDisabled": False})
    shown: Document = {"cloudWatchLogs": cloudwatch, "s3Logs": s3}
    if cloudwatch["status"] != "ENABLED":
        return shown
    group = cloudwatch.get("groupName") or f"/aws/codebuild/{project}"
    stream = f"{cloudwatch['streamName']}/{identity}" if cloudwatch.get("streamName") else identity
    region, account = arn_prefix.split(":")[3:5]
    return {
        **shown,
        "groupName": group,
        "streamName": stream,
        "cloudWatchLogsArn": f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}",
        "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        f"{group.replace('/', '$252F')}/log-events/{stream.replace('/', '$252F')}",
    }


def destinations(project: Document, request: Document) -> Destinations:
    """A pipeline without an output artifact says so by NO_ARTIFACTS, or by no override at all."""
    primary: Document = request.get("artifactsOverride") or project["artifacts"]
    if primary["type"] == "CODEPIPELINE" and not primary.get("location"):
        primary = {"type": "NO_ARTIFACTS"}
    if primary["type"] == "S3" and not primary.get("location"):
        raise invalid("Invalid artifacts: artifact type S3 needs a location, the name of a bucket")
    if project["source"]["type"] == "CODEPIPELINE" and primary["type"] == "S3":
        primary = {**primary, "packaging": "ZIP"}  # what a pipeline hands on is always a zip
    if project["artifacts"]["type"] == "S3" and not primary.get("name"):
        primary = {**primary, "name": project["name"]}
    secondary: list[Document] = request.get("secondaryArtifactsOverride") or project.get("secondaryArtifacts") or []
    if project["source"]["type"] == "CODEPIPELINE":
        secondary = [{**each, "packaging": "ZIP"} for each in secondary]
    return Destinations(primary, tuple(secondary))


def initiator(caller: Principal, source: Document) -> str:
    """As CodeBuild shows who started a build: the pipeline, a role with its session, or the owner.

    A pipeline's name is where its artifacts lie; names of more than 20 characters are cut there.
    """
    if source["type"] == "CODEPIPELINE":
        return f"codepipeline/{source['location'].removeprefix('arn:aws:s3:::').split('/')[1]}"
    if caller.kind == "root":
        return "root"
    return caller.arn.partition(":assumed-role/")[2]


def _bare(given: str) -> str:
    return given.rpartition(":build/")[2]
