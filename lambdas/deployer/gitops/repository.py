"""CodeCommit's side: what is in the configuration repository at a commit, and one commit more."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from deployer.aws import failed
from deployer.errors import DeployError, Fatal, Unavailable
from deployer.gitops.files import MOST_CHANGED, TEXTS, Change, File
from deployer.gitops.place import Place
from deployer.values import dataclass, field

MOST_FILES = 500
LARGEST = 1024 * 1024  # bytes of a file that is read
AUTHOR = "Shipline"
_MOVED = ("ParentCommitIdOutdatedException", "ConcurrentReferenceUpdateException")
_PASSING = ("ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "InternalFailure")


class Moved(Exception):
    """Somebody pushed since the head was read."""


@dataclass(frozen=True)
class Commit:
    id: str
    parents: tuple[str, ...]
    message: str


@dataclass
class CodeCommit:
    """`client` is boto3's. What a commit or a blob holds never changes, so each is asked for once."""

    client: Any
    place: Place
    _texts: dict[str, str] = field(default_factory=dict)
    _commits: dict[str, Commit] = field(default_factory=dict)

    def head(self) -> str:
        """The id of the branch's last commit."""
        found = self._call("get_branch", branchName=self.place.branch)
        return str(found["branch"]["commitId"])

    def commit(self, commit_id: str) -> Commit | None:
        """None where the repository has no such commit."""
        if commit_id not in self._commits:
            found = self._call("get_commit", unless=("CommitIdDoesNotExistException",), commitId=commit_id)
            if found is None:
                return None
            told = found["commit"]
            self._commits[commit_id] = Commit(commit_id, tuple(told["parents"]), str(told.get("message") or ""))
        return self._commits[commit_id]

    def files(self, commit_id: str) -> dict[str, File]:
        """The texts below the folder that may name an image, by path. Links and submodules are not followed."""
        root = "" if self.place.path == "." else self.place.path
        found: dict[str, File] = {}
        for entry in self._entries(commit_id, root):
            if len(found) == MOST_FILES:
                raise _wrong(self.place, f"more than {MOST_FILES} YAML files are in it", "Name a smaller folder.")
            path = str(entry["absolutePath"])
            found[path] = File(path, self._text(commit_id, path, str(entry["blobId"])), str(entry["fileMode"]))
        return found

    def write(self, parent: str, changes: Mapping[str, Change], message: str) -> str:
        """The id of a new commit on the branch; Moved when `parent` is not its head any more."""
        outside = [path for path in changes if not self.place.holds(path)]
        if outside:
            raise _wrong(self.place, f"{', '.join(outside)} would be changed, outside of it", "")
        if len(changes) > MOST_CHANGED:
            raise _wrong(self.place, f"{len(changes)} files would change; CodeCommit takes {MOST_CHANGED}", "")
        made = self._call(
            "create_commit",
            branchName=self.place.branch,
            parentCommitId=parent,
            authorName=AUTHOR,
            commitMessage=message,
            putFiles=[
                {"filePath": change.path, "fileMode": change.mode, "fileContent": change.new.encode()}
                for change in changes.values()
            ],
        )
        return str(made["commitId"])

    def _entries(self, commit_id: str, folder: str) -> Iterator[dict[str, Any]]:
        found = self._call("get_folder", commitSpecifier=commit_id, folderPath=folder)
        yield from (entry for entry in found["files"] if entry["absolutePath"].endswith(TEXTS))
        for inner in found["subFolders"]:
            yield from self._entries(commit_id, inner["absolutePath"])

    def _text(self, commit_id: str, path: str, blob: str) -> str:
        if blob not in self._texts:
            found = self._call("get_file", commitSpecifier=commit_id, filePath=path)
            if int(found["fileSize"]) > LARGEST:
                raise Fatal(f"larger than {LARGEST} bytes.", subject=path, kind="ConfigurationError")
            try:
                self._texts[blob] = found["fileContent"].decode()
            except UnicodeDecodeError as error:
                raise Fatal("not a text in UTF-8.", subject=path, kind="ConfigurationError") from error
        return self._texts[blob]

    def _call(self, operation: str, unless: tuple[str, ...] = (), **told: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self.client, operation)(repositoryName=self.place.repository, **told)
        except ClientError as error:
            code = str(error.response["Error"].get("Code", ""))
            if code in unless:
                return None
            if code in _MOVED:
                raise Moved from error
            raise self._refusal(error, code) from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=self._subject) from error

    def _refusal(self, error: Any, code: str) -> DeployError:
        if code in _PASSING:
            return Unavailable(f"{code}: {error.response['Error'].get('Message', '')}", subject=self._subject)
        return failed(error, self._subject)

    @functools.cached_property
    def _subject(self) -> str:
        return f"configuration repository {self.place.repository}"


def _wrong(place: Place, reason: str, remedy: str) -> Fatal:
    return Fatal(f"{reason}.", subject=f"{place.path} of {place.repository}", remedy=remedy, kind="ConfigurationError")
