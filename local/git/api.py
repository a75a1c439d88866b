"""CodeCommit's API, as far as repositories, branches and commits go; files.py has their files."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.git.command import EMPTY
from local.git.pushes import Change, Pushes
from local.git.repositories import COMMIT_ID, HEADS, Commit, Facts, Person, Repositories, arn, valid
from local.settings import Home
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


@dataclass(frozen=True)
class Api:
    home: Home
    repositories: Repositories
    pushes: Pushes

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "CreateRepository": self.create_repository,
            "GetRepository": self.get_repository,
            "DeleteRepository": self.delete_repository,
            "ListRepositories": self.list_repositories,
            "BatchGetRepositories": self.batch_get_repositories,
            "UpdateRepositoryDescription": self.update_description,
            "UpdateDefaultBranch": self.update_default_branch,
            "GetBranch": self.get_branch,
            "ListBranches": self.list_branches,
            "CreateBranch": self.create_branch,
            "DeleteBranch": self.delete_branch,
            "GetCommit": self.get_commit,
            "GetDifferences": self.get_differences,
            "TagResource": self.tag_resource,
            "UntagResource": self.untag_resource,
            "ListTagsForResource": self.list_tags,
        }

    # ---- repositories ----

    def create_repository(self, call: Call) -> Document:
        name = call.input["repositoryName"]
        if not valid(name):
            raise Fault("InvalidRepositoryNameException", f"The repository name {name} is not valid")
        if self.repositories.facts(name):
            raise Fault("RepositoryNameExistsException", f"Repository named {name} already exists")
        facts = self.repositories.create(
            name,
            call.input.get("repositoryDescription"),
            call.input.get("kmsKeyId"),
            call.input.get("tags", {}),
        )
        return {"repositoryMetadata": self._metadata(facts)}

    def get_repository(self, call: Call) -> Document:
        return {"repositoryMetadata": self._metadata(self._known(call))}

    def delete_repository(self, call: Call) -> Document:
        """Deleting what is not there is no error."""
        gone = self.repositories.delete(call.input["repositoryName"])
        return {"repositoryId": gone.id} if gone else {}

    def list_repositories(self, call: Call) -> Document:
        known = [facts for name in self.repositories.names() if (facts := self.repositories.facts(name))]
        if call.input.get("sortBy") == "lastModifiedDate":
            known.sort(key=lambda facts: facts.modified)
        if call.input.get("order") == "descending":
            known.reverse()
        return {"repositories": [{"repositoryName": facts.name, "repositoryId": facts.id} for facts in known]}

    def batch_get_repositories(self, call: Call) -> Document:
        found = {name: self.repositories.facts(name) for name in call.input["repositoryNames"]}
        return {
            "repositories": [self._metadata(facts) for facts in found.values() if facts],
            "repositoriesNotFound": [name for name, facts in found.items() if not facts],
        }

    def update_description(self, call: Call) -> None:
        self.repositories.change(replace(self._known(call), description=call.input.get("repositoryDescription")))

    def update_default_branch(self, call: Call) -> None:
        facts = self._known(call)
        self._head(facts.name, call.input["defaultBranchName"])
        self.repositories.set_default_branch(facts.name, call.input["defaultBranchName"])

    # ---- branches ----

    def get_branch(self, call: Call) -> Document:
        facts = self._known(call)
        branch = _required(call, "branchName", "BranchNameRequiredException")
        return {"branch": {"branchName": branch, "commitId": self._head(facts.name, branch)}}

    def list_branches(self, call: Call) -> Document:
        return {"branches": list(self.repositories.branches(self._known(call).name))}

    def create_branch(self, call: Call) -> None:
        facts, branch = self._known(call), call.input["branchName"]
        if branch in self.repositories.branches(facts.name):
            raise Fault("BranchNameExistsException", f"The branch {branch} already exists in {facts.name}")
        commit = self._commit(facts.name, call.input["commitId"], "CommitDoesNotExistException")
        self._move(call, facts.name, branch, EMPTY, commit.id)

    def delete_branch(self, call: Call) -> Document:
        facts, branch = self._known(call), call.input["branchName"]
        commit = self.repositories.branches(facts.name).get(branch)
        if commit is None:
            return {}
        if branch == self.repositories.default_branch(facts.name):
            raise Fault("DefaultBranchCannotBeDeletedException", f"{branch} is the default branch of {facts.name}")
        self._move(call, facts.name, branch, commit, EMPTY)
        return {"deletedBranch": {"branchName": branch, "commitId": commit}}

    def _move(self, call: Call, name: str, branch: str, old: str, new: str) -> None:
        self.repositories.set_branch(name, branch, new, old)
        self.pushes.changed(name, call.caller.arn, Change(old, new, HEADS + branch))

    # ---- commits ----

    def get_commit(self, call: Call) -> Document:
        facts = self._known(call)
        return {"commit": _commit(self._commit(facts.name, call.input["commitId"]))}

    def get_differences(self, call: Call) -> Document:
        facts, given = self._known(call), call.input
        after = self._resolved(facts.name, given["afterCommitSpecifier"])
        before = (
            self._resolved(facts.name, given["beforeCommitSpecifier"]) if "beforeCommitSpecifier" in given else None
        )
        path = given.get("afterPath") or given.get("beforePath")
        return {
            "differences": [
                _difference(each) for each in self.repositories.differences(facts.name, before, after, path)
            ]
        }

    def _resolved(self, name: str, specifier: str) -> str:
        """A branch's head, or the commit itself."""
        head = self.repositories.branches(name).get(specifier.removeprefix(HEADS))
        return head or self._commit(name, specifier, "CommitDoesNotExistException").id

    # ---- tags ----

    def tag_resource(self, call: Call) -> None:
        self._retag(call, lambda tags: tags | call.input["tags"])

    def untag_resource(self, call: Call) -> None:
        gone = set(call.input["tagKeys"])
        self._retag(call, lambda tags: {key: value for key, value in tags.items() if key not in gone})

    def list_tags(self, call: Call) -> Document:
        return {"tags": self._by_arn(call.input["resourceArn"]).tags}

    def _retag(self, call: Call, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        facts = self._by_arn(call.input["resourceArn"])
        self.repositories.change(replace(facts, tags=change(facts.tags)))

    # ---- what is there ----

    def _known(self, call: Call) -> Facts:
        return self._named(call.input["repositoryName"])

    def _named(self, name: str) -> Facts:
        if not valid(name):
            raise Fault("InvalidRepositoryNameException", f"The repository name {name} is not valid")
        facts = self.repositories.facts(name)
        if facts is None:
            raise Fault("RepositoryDoesNotExistException", f"{name} does not exist")
        return facts

    def _by_arn(self, given: str) -> Facts:
        name = given.rsplit(":", 1)[-1]
        if given != arn(self.home, name):
            raise Fault("InvalidResourceArnException", f"{given} is not the ARN of a repository here")
        return self._named(name)

    def _head(self, name: str, branch: str) -> str:
        commit = self.repositories.branches(name).get(branch)
        if commit is None:
            raise Fault("BranchDoesNotExistException", f"The branch {branch} does not exist in the repository {name}")
        return commit

    def _commit(self, name: str, commit_id: str, absent: str = "CommitIdDoesNotExistException") -> Commit:
        if not COMMIT_ID.fullmatch(commit_id):
            raise Fault("InvalidCommitIdException", f"{commit_id} is not a full commit ID")
        commit = self.repositories.commit(name, commit_id)
        if commit is None:
            raise Fault(absent, f"The commit {commit_id} does not exist in the repository {name}")
        return commit

    def _metadata(self, facts: Facts) -> Document:
        members = {
            "accountId": self.home.account,
            "repositoryId": facts.id,
            "repositoryName": facts.name,
            "repositoryDescription": facts.description,
            "defaultBranch": self.repositories.default_branch(facts.name),
            "lastModifiedDate": facts.modified,
            "creationDate": facts.created,
            "cloneUrlHttp": f"{self.home.endpoint_url}/v1/repos/{facts.name}",
            # SSH is not served here; AWS gives both, and the template may ask for either.
            "cloneUrlSsh": f"ssh://git-codecommit.{self.home.region}.amazonaws.com/v1/repos/{facts.name}",
            "Arn": arn(self.home, facts.name),
            "kmsKeyId": facts.kms_key,
        }
        return {key: value for key, value in members.items() if value is not None}


def _required(call: Call, member: str, code: str) -> str:
    value = call.input.get(member)
    if not value:
        raise Fault(code, f"{member} is required")
    return str(value)


def _commit(commit: Commit) -> Document:
    return {
        "commitId": commit.id,
        "treeId": commit.tree,
        "parents": list(commit.parents),
        "message": commit.message,
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        "additionalData": "",
    }


def _person(person: Person) -> Document:
    return {"name": person.name, "email": person.email, "date": person.date}


def _difference(found: Iterable[str]) -> Document:
    old_mode, new_mode, old, new, letter, path = found
    answer: Document = {"changeType": letter[0] if letter[0] in "AMD" else "M"}
    if old != EMPTY:
        answer["beforeBlob"] = {"blobId": old, "path": path, "mode": old_mode}
    if new != EMPTY:
        answer["afterBlob"] = {"blobId": new, "path": path, "mode": new_mode}
    return answer
