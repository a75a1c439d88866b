"""A configuration repository in memory: the same five words as CodeCommit's, which the same test proves."""

import hashlib
import json
from collections.abc import Callable, Mapping

from deployer.gitops.files import TEXTS, Change, File
from deployer.gitops.place import Place
from deployer.gitops.repository import Commit, Moved

Tree = dict[str, str]


class InMemory:
    """`meanwhile` is called before each write, as somebody else who pushes then."""

    def __init__(self, place: Place, files: Mapping[str, str]) -> None:
        self.place = place
        self.commits: dict[str, Commit] = {}
        self.trees: dict[str, Tree] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self._head = ""
        self.push(files, "first")

    def push(self, files: Mapping[str, str], message: str = "by hand") -> str:
        """A commit of somebody else's."""
        return self._add({**self.trees.get(self._head, {}), **files}, message)

    def head(self) -> str:
        return self._head

    def commit(self, commit_id: str) -> Commit | None:
        return self.commits.get(commit_id)

    def files(self, commit_id: str) -> dict[str, File]:
        return {
            path: File(path, text, "NORMAL")
            for path, text in self.trees[commit_id].items()
            if self.place.holds(path) and path.endswith(TEXTS)
        }

    def write(self, parent: str, changes: Mapping[str, Change], message: str) -> str:
        self.meanwhile()
        if parent != self._head:
            raise Moved
        return self._add({**self.trees[parent], **{path: change.new for path, change in changes.items()}}, message)

    def _add(self, tree: Tree, message: str) -> str:
        parents = (self._head,) if self._head else ()
        made = hashlib.sha1(json.dumps([parents, tree, message]).encode(), usedforsecurity=False).hexdigest()
        self.commits[made] = Commit(made, parents, message)
        self.trees[made] = tree
        self._head = made
        return made
