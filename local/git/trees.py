"""Files of a commit, and commits of files, by git's plumbing: what CodeCommit's API does without a clone."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.git.command import TIMEOUT, GitFailed, environment, git
from local.git.repositories import Person

NORMAL, EXECUTABLE, SYMLINK, MODULE = "100644", "100755", "120000", "160000"


@dataclass(frozen=True)
class Leaf:
    """What a tree holds: `kind` is git's word (blob, tree, commit)."""

    mode: str
    kind: str
    id: str
    path: str


@dataclass(frozen=True)
class Placed:
    """A blob to be at a path; `blob` empty: nothing is to be there."""

    path: str
    blob: str
    mode: str


def resolve(folder: Path, name: str) -> str | None:
    """The id of the object that a name of git's means (`COMMIT:path`, `COMMIT^{tree}`)."""
    try:
        return git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", name).strip()
    except GitFailed:
        return None


def kind_of(folder: Path, object_id: str) -> str | None:
    try:
        return git(folder, "cat-file", "-t", object_id).strip()
    except GitFailed:
        return None


def leaves(folder: Path, tree: str, *, deep: bool = False) -> Iterator[Leaf]:
    """What is in a tree; `deep`: files of all its folders, with their whole paths."""
    for line in git(folder, "ls-tree", "-z", *(["-r"] if deep else []), tree).split("\0")[:-1]:
        meta, _, path = line.partition("\t")
        mode, kind, id_ = meta.split(" ")
        yield Leaf(mode, kind, id_, path)


def size(folder: Path, blob: str) -> int:
    return int(git(folder, "cat-file", "-s", blob))


def read(folder: Path, blob: str) -> bytes:
    return _piped(folder, b"", "cat-file", "blob", blob)


def write(folder: Path, content: bytes) -> str:
    """The blob's id."""
    return _piped(folder, content, "hash-object", "-w", "--stdin").decode().strip()


def tree_of(folder: Path, parent: str | None, placed: list[Placed]) -> str:
    """The tree of a commit (of none: an empty one) with these changes."""
    with tempfile.TemporaryDirectory() as aside:
        index = {"GIT_INDEX_FILE": os.path.join(aside, "index")}
        git(folder, "read-tree", *([parent] if parent else ["--empty"]), env=index)
        lines = "".join(
            f"{each.mode} {each.blob}\t{each.path}\0" if each.blob else f"0 {'0' * 40}\t{each.path}\0"
            for each in placed
        )
        _piped(folder, lines.encode(), "update-index", "-z", "--index-info", env=index)
        return git(folder, "write-tree", env=index).strip()


def commit(folder: Path, tree: str, parent: str | None, who: Person, message: str) -> str:
    """The id of a new commit, which no branch knows yet."""
    words = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", who.name), ("EMAIL", who.email), ("DATE", who.date))
    }
    parents = ["-p", parent] if parent else []
    return _piped(folder, message.encode(), "commit-tree", tree, *parents, env=words).decode().strip()


def _piped(folder: Path, given: bytes, *arguments: str, env: Mapping[str, str] | None = None) -> bytes:
    """`git` with bytes in and out."""
    done = subprocess.run(
        ["git", "--git-dir", str(folder), *arguments],
        env=environment(**(env or {})),
        input=given,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise GitFailed(done.stderr.decode(errors="replace").strip())
    return done.stdout
