"""Projects: what a build is made from. CreateProject, UpdateProject, DeleteProject, BatchGetProjects, ListProjects."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.codebuild.faults import exists, invalid, not_found
from local.codebuild.paging import page
from local.codebuild.store import Store
from local.wire import Call, Handler

Document = dict[str, Any]
DEFAULTS: Document = {"timeoutInMinutes": 60, "queuedTimeoutInMinutes": 480}


@dataclass(frozen=True)
class Projects:
    store: Store
    region: str
    account: str

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateProject": self.create,
            "UpdateProject": self.update,
            "DeleteProject": self.delete,
            "BatchGetProjects": self.batch_get,
            "ListProjects": self.list_all,
            "InvalidateProjectCache": self.invalidate_cache,
        }

    def create(self, call: Call) -> Document:
        name = call.input["name"]
        if self.store.get("project", name):
            raise exists(f"Project already exists: {self._arn(name)}")
        now = time.time()
        project = {
            **DEFAULTS,
            "arn": self._arn(name),
            "created": now,
            "lastModified": now,
            "encryptionKey": f"arn:aws:kms:{self.region}:{self.account}:alias/aws/s3",
            "cache": {"type": "NO_CACHE"},
            "badge": {"badgeEnabled": False},
            "projectVisibility": "PRIVATE",
            "tags": [],
            **_members(call.input),
        }
        self._check(project)
        self.store.put("project", name, project)
        return {"project": project}

    def update(self, call: Call) -> Document:
        project = {**self.named(call.input["name"]), **_members(call.input), "lastModified": time.time()}
        self._check(project)
        self.store.put("project", project["name"], project)
        return {"project": project}

    def delete(self, call: Call) -> Document:
        """A project that is not there is deleted, too; its builds stay, as CodeBuild keeps them."""
        self.store.delete("project", _bare(call.input["name"]))
        return {}

    def batch_get(self, call: Call) -> Document:
        found, missing = [], []
        for name in call.input["names"]:
            project = self.store.get("project", _bare(name))
            if project:
                found.append(project)
            else:
                missing.append(name)
        return {"projects": found, "projectsNotFound": missing}

    def list_all(self, call: Call) -> Document:
        by = {"NAME": "name", "CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}
        member = by[call.input.get("sortBy", "NAME")]
        descending = call.input.get("sortOrder") == "DESCENDING"
        projects = sorted(self.store.all("project"), key=lambda project: project[member], reverse=descending)
        return page("projects", [project["name"] for project in projects], call.input)

    def invalidate_cache(self, call: Call) -> Document:
        """No cache is kept here, so an invalid one never is."""
        self.named(call.input["projectName"])
        return {}

    def named(self, name: str) -> Document:
        """By name or ARN; ResourceNotFoundException when there is none."""
        project = self.store.get("project", _bare(name))
        if project is None:
            raise not_found(f"Project cannot be found: {self._arn(_bare(name))}")
        return project

    def _arn(self, name: str) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account}:project/{name}"

    def _check(self, project: Document) -> None:
        if not project["serviceRole"].startswith(f"arn:aws:iam::{self.account}:role/"):
            raise invalid("Invalid service role: Service role account ID does not match caller's account")
        _check_source(project["source"])
        _check_artifacts(project["artifacts"])
        for identified, member in (
            ("secondarySources", "sourceIdentifier"),
            ("secondaryArtifacts", "artifactIdentifier"),
        ):
            _check_identifiers(project.get(identified, []), identified, member)
        if (project["source"]["type"] == "CODEPIPELINE") != (project["artifacts"]["type"] == "CODEPIPELINE"):
            raise invalid("Invalid artifacts: if the source type is CODEPIPELINE, the artifact type must be, too")


def _members(given: Document) -> Document:
    """A request's members as the project shows them."""
    members = {name: value for name, value in given.items() if name != "badgeEnabled"}
    if "badgeEnabled" in given:
        members["badge"] = {"badgeEnabled": given["badgeEnabled"]}
    if "environment" in given:
        variables = [{"type": "PLAINTEXT", **each} for each in given["environment"].get("environmentVariables", [])]
        members["environment"] = {
            "imagePullCredentialsType": "CODEBUILD",
            "privilegedMode": False,
            **given["environment"],
            "environmentVariables": variables,
        }
    return members


def _check_source(source: Document) -> None:
    if source["type"] in ("CODEPIPELINE", "NO_SOURCE"):
        if source["type"] == "NO_SOURCE" and not source.get("buildspec"):
            raise invalid("Invalid project source: a project with NO_SOURCE needs a buildspec")
    elif not source.get("location"):
        raise invalid(f"Invalid project source: location must be set for the source type {source['type']}")


def _check_artifacts(artifacts: Document) -> None:
    if artifacts["type"] == "S3" and not artifacts.get("location"):
        raise invalid("Invalid artifacts: artifact type S3 needs a location, the name of a bucket")
    if artifacts["type"] == "NO_ARTIFACTS" and artifacts.get("location"):
        raise invalid("Invalid artifacts: artifact type NO_ARTIFACTS should have null location")


def _check_identifiers(items: Iterable[Document], where: str, member: str) -> None:
    names = [item.get(member) for item in items]
    if not all(names) or len(set(names)) != len(names):
        raise invalid(f"Invalid {where}: each needs a {member} of its own")


def _bare(name: str) -> str:
    return name.rpartition(":project/")[2]
