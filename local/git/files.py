"""CodeCommit's API for the files of a repository: read them at a commit, and commit changes without a clone."""

import base64
import posixpath
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.git import trees
from local.git.command import EMPTY, GitFailed
from local.git.entries import MODES, Wanted, wanted
from local.git.pushes import Change, Pushes
from local.git.repositories import COMMIT_ID, HEADS, Facts, Person, Repositories, valid
from local.git.trees import Leaf
from local.wire import Call, Fault, Handler

Document = dict[str, Any]
LARGEST = 6 * 1024 * 1024  # bytes of a file that the API gives
LONGEST_MESSAGE = 10_240  # bytes
WORDS = {mode: word for word, mode in MODES.items()}


@dataclass(frozen=True)
class Files:
    repositories: Repositories
    pushes: Pushes

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "GetBlob": self.get_blob,
            "GetFile": self.get_file,
            "GetFolder": self.get_folder,
            "CreateCommit": self.create_commit,
        }

    def get_blob(self, call: Call) -> Document:
        facts, blob = self._known(call), call.input["blobId"]
        if not COMMIT_ID.fullmatch(blob):
            raise Fault("InvalidBlobIdException", f"{blob} is not a full blob ID")
        folder = self.repositories.folder(facts.name)
        if trees.kind_of(folder, blob) != "blob":
            raise Fault("BlobIdDoesNotExistException", f"The blob {blob} does not exist in {facts.name}")
        return {"content": self._content(facts, blob)}

    def get_file(self, call: Call) -> Document:
        facts, path = self._known(call), _path(call.input["filePath"])
        commit = self._commit(facts, call.input.get("commitSpecifier"))
        parent, _, name = path.rpartition("/")
        found = next((leaf for leaf in self._tree(facts, commit, parent) if leaf.path == name), None)
        if found is None or found.kind != "blob":
            raise Fault("FileDoesNotExistException", f"There is no file {path} in the commit {commit}")
        content = self._content(facts, found.id)
        size = trees.size(self.repositories.folder(facts.name), found.id)
        return {
            "commitId": commit,
            "blobId": found.id,
            "filePath": path,
            "fileMode": WORDS[found.mode],
            "fileSize": size,
            "fileContent": content,
        }

    def get_folder(self, call: Call) -> Document:
        facts, path = self._known(call), _path(call.input["folderPath"], root=True)
        commit = self._commit(facts, call.input.get("commitSpecifier"))
        tree = trees.resolve(self.repositories.folder(facts.name), f"{commit}:{path}")
        found = self._tree(facts, commit, path)
        if tree is None or (path and not found):
            raise Fault("FolderDoesNotExistException", f"There is no folder {path} in the commit {commit}")
        files = [leaf for leaf in found if leaf.kind == "blob"]
        return {
            "commitId": commit,
            "folderPath": path,
            "treeId": tree,
            "subFolders": [{"treeId": leaf.id, **_at(path, leaf)} for leaf in found if leaf.kind == "tree"],
            "files": [_file(path, leaf) for leaf in files if leaf.mode != trees.SYMLINK],
            "symbolicLinks": [_file(path, leaf) for leaf in files if leaf.mode == trees.SYMLINK],
            "subModules": [{"commitId": leaf.id, **_at(path, leaf)} for leaf in found if leaf.kind == "commit"],
        }

    def create_commit(self, call: Call) -> Document:
        """Compare and swap: the branch has to be at the parent that the caller names."""
        facts, branch = self._known(call), call.input["branchName"]
        message = call.input.get("commitMessage") or ""
        if len(message.encode()) > LONGEST_MESSAGE:
            raise Fault("CommitMessageLengthExceededException", f"The message is longer than {LONGEST_MESSAGE} bytes")
        parent = self._parent(facts, branch, call.input.get("parentCommitId"))
        folder = self.repositories.folder(facts.name)
        before = {leaf.path: leaf for leaf in trees.leaves(folder, parent, deep=True)} if parent else {}
        asked = wanted(call.input, before, lambda content: trees.write(folder, content))
        tree = trees.tree_of(folder, parent, asked.placed)
        if tree == trees.resolve(
            folder, f"{parent}^{{tree}}" if parent else "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        ):
            raise Fault("NoChangeException", "The commit changes nothing")
        who = _author(call)
        made = trees.commit(folder, tree, parent, who, message)
        self._move(call, facts, branch, parent or EMPTY, made)
        return {"commitId": made, "treeId": tree, **_told(asked)}

    def _parent(self, facts: Facts, branch: str, given: str | None) -> str | None:
        """The commit that the new one follows; None for the first of an empty repository."""
        branches = self.repositories.branches(facts.name)
        head = branches.get(branch)
        if head is None and branches:
            raise Fault("BranchDoesNotExistException", f"The branch {branch} does not exist in {facts.name}")
        if given is None and head:
            raise Fault("ParentCommitIdRequiredException", f"The branch {branch} has commits: name the last of them")
        if given is None:
            return None
        if not COMMIT_ID.fullmatch(given):
            raise Fault("InvalidParentCommitIdException", f"{given} is not a full commit ID")
        if self.repositories.commit(facts.name, given) is None:
            raise Fault("ParentCommitDoesNotExistException", f"The commit {given} does not exist in {facts.name}")
        if given != head:
            raise _outdated(branch)
        return given

    def _move(self, call: Call, facts: Facts, branch: str, old: str, new: str) -> None:
        try:
            self.repositories.set_branch(facts.name, branch, new, old)
        except GitFailed as error:  # somebody pushed in this very moment
            if self.repositories.branches(facts.name).get(branch, EMPTY) != old:
                raise _outdated(branch) from error
            raise Fault("InvalidBranchNameException", f"{branch} cannot name a branch") from error
        self.pushes.changed(facts.name, call.caller.arn, Change(old, new, HEADS + branch))

    def _known(self, call: Call) -> Facts:
        name = call.input["repositoryName"]
        if not valid(name):
            raise Fault("InvalidRepositoryNameException", f"The repository name {name} is not valid")
        facts = self.repositories.facts(name)
        if facts is None:
            raise Fault("RepositoryDoesNotExistException", f"{name} does not exist")
        return facts

    def _commit(self, facts: Facts, specifier: str | None) -> str:
        """A branch's head, a tag's or the commit itself; the default branch's head where nothing is said."""
        name = specifier or self.repositories.default_branch(facts.name) or ""
        head = self.repositories.branches(facts.name).get(name.removeprefix(HEADS))
        folder = self.repositories.folder(facts.name)
        found = head or (trees.resolve(folder, f"{name}^{{commit}}") if name else None)
        if found is None:
            raise Fault("CommitDoesNotExistException", f"There is no commit {name} in {facts.name}")
        return found

    def _tree(self, facts: Facts, commit: str, path: str) -> list[Leaf]:
        """What a folder holds; nothing where there is none."""
        folder = self.repositories.folder(facts.name)
        tree = trees.resolve(folder, f"{commit}:{path}")
        return list(trees.leaves(folder, tree)) if tree and trees.kind_of(folder, tree) == "tree" else []

    def _content(self, facts: Facts, blob: str) -> str:
        folder = self.repositories.folder(facts.name)
        if trees.size(folder, blob) > LARGEST:
            raise Fault("FileTooLargeException", f"The file is larger than {LARGEST} bytes")
        return base64.b64encode(trees.read(folder, blob)).decode()


def _path(given: str, *, root: bool = False) -> str:
    path = given.strip("/") if root else given
    if path and (posixpath.normpath(path) != path or path.startswith(("/", ".."))):
        raise Fault("InvalidPathException", f"{given} is not a path in a repository")
    if not path and not root:
        raise Fault("PathRequiredException", "A path is required")
    return path


def _at(folder: str, leaf: Leaf) -> Document:
    return {"absolutePath": posixpath.join(folder, leaf.path), "relativePath": leaf.path}


def _file(folder: str, leaf: Leaf) -> Document:
    return {"blobId": leaf.id, **_at(folder, leaf), "fileMode": WORDS[leaf.mode]}


def _author(call: Call) -> Person:
    """Who commits, at this moment; the caller's own name where none is given."""
    name = call.input.get("authorName") or call.caller.arn.rpartition("/")[2]
    return Person(name, call.input.get("email") or "", f"{int(time.time())} +0000")


def _told(asked: Wanted) -> Document:
    """The files by what became of them, as the API tells them."""

    def told(paths: list[str]) -> list[Document]:
        return [
            {"absolutePath": each.path, "blobId": each.blob or None, "fileMode": WORDS[each.mode]}
            for each in asked.placed
            if each.path in paths
        ]

    return {
        "filesAdded": told(asked.added),
        "filesUpdated": told(asked.updated),
        "filesDeleted": told(asked.deleted),
    }


def _outdated(branch: str) -> Fault:
    return Fault(
        "ParentCommitIdOutdatedException", f"The parent is not the last commit of the branch {branch} any more"
    )
