"""CodeCommit's repositories: bare git repositories below the home, each with what git itself does not keep."""

import json
import re
import secrets
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO

from local.git.command import EMPTY, GitFailed, environment, git
from local.settings import Home

NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
COMMIT_ID = re.compile(r"[0-9a-f]{40}")
FACTS = "codecommit.json"
HEADS = "refs/heads/"
ARCHIVE_TIMEOUT = 300


@dataclass(frozen=True)
class Facts:
    id: str
    name: str
    description: str | None
    created: float
    modified: float
    kms_key: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    date: str  # `1570419781 +0200`


@dataclass(frozen=True)
class Commit:
    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


def arn(home: Home, name: str) -> str:
    return f"arn:aws:codecommit:{home.region}:{home.account}:{name}"


def valid(name: str) -> bool:
    return bool(NAME.fullmatch(name)) and not name.endswith(".git") and name not in (".", "..")


class Repositories:
    def __init__(self, home: Home) -> None:
        self._home = home

    def folder(self, name: str) -> Path:
        return self._home.git / f"{name}.git"

    def names(self) -> list[str]:
        return sorted(path.parent.name.removesuffix(".git") for path in self._home.git.glob(f"[!.]*.git/{FACTS}"))

    def facts(self, name: str) -> Facts | None:
        try:
            return Facts(**json.loads((self.folder(name) / FACTS).read_text()))
        except FileNotFoundError:
            return None

    def create(self, name: str, description: str | None, kms_key: str | None, tags: dict[str, str]) -> Facts:
        """Made aside and moved into place, so that a half-made repository is never seen."""
        self._home.git.mkdir(parents=True, exist_ok=True)
        now = time.time()
        facts = Facts(str(uuid.uuid4()), name, description, now, now, kms_key, tags)
        aside = self._home.git / f".new-{secrets.token_hex(4)}"
        git(aside, "init", "--quiet", "--bare", "--initial-branch=main")
        # No housekeeping in the background: it would outlive the request that set it off.
        for key, value in (("http.receivepack", "true"), ("gc.auto", "0"), ("receive.autogc", "false")):
            git(aside, "config", key, value)
        (aside / FACTS).write_text(json.dumps(asdict(facts)))
        aside.rename(self.folder(name))
        return facts

    def change(self, facts: Facts) -> None:
        path = self.folder(facts.name) / FACTS
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(asdict(facts)))
        aside.rename(path)

    def touch(self, name: str) -> None:
        facts = self.facts(name)
        if facts:
            self.change(replace(facts, modified=time.time()))

    def delete(self, name: str) -> Facts | None:
        facts = self.facts(name)
        if facts:
            aside = self._home.git / f".gone-{secrets.token_hex(4)}"
            self.folder(name).rename(aside)
            shutil.rmtree(aside)
        return facts

    def sweep(self) -> None:
        """What a kill left between two moves."""
        for left in (*self._home.git.glob(".new-*"), *self._home.git.glob(".gone-*")):
            shutil.rmtree(left)

    # ---- what is in them ----

    def branches(self, name: str) -> dict[str, str]:
        """Branch → commit id."""
        lines = git(self.folder(name), "for-each-ref", "--format=%(refname) %(objectname)", HEADS).splitlines()
        return {ref.removeprefix(HEADS): commit for ref, _, commit in (line.partition(" ") for line in lines)}

    def default_branch(self, name: str) -> str | None:
        """The branch that HEAD names, once it is there."""
        ref = git(self.folder(name), "symbolic-ref", "HEAD").strip().removeprefix(HEADS)
        return ref if ref in self.branches(name) else None

    def set_default_branch(self, name: str, branch: str) -> None:
        git(self.folder(name), "symbolic-ref", "HEAD", HEADS + branch)

    def commit(self, name: str, commit_id: str) -> Commit | None:
        wanted = "%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B"
        try:
            shown = git(
                self.folder(name),
                "log",
                "-1",
                f"--format={wanted}",
                "--date=raw",
                "--no-show-signature",
                commit_id,
                "--",
            )
        except GitFailed:
            return None
        found, tree, parents, an, ae, ad, cn, ce, cd, message = shown.split("\0", 9)
        return Commit(
            found,
            tree,
            tuple(parents.split()),
            Person(an, ae, ad),
            Person(cn, ce, cd),
            message.removesuffix("\n"),
        )

    def set_branch(self, name: str, branch: str, commit_id: str, old: str = EMPTY) -> None:
        """Move, make (from EMPTY) or remove (to EMPTY) a branch, if it still is where `old` says."""
        if commit_id == EMPTY:
            git(self.folder(name), "update-ref", "-d", HEADS + branch, old)
        else:
            git(self.folder(name), "update-ref", HEADS + branch, commit_id, old)

    def differences(self, name: str, before: str | None, after: str, path: str | None) -> list[tuple[str, ...]]:
        """(old mode, new mode, old blob, new blob, letter, path) of each file that differs."""
        empty_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        shown = git(
            self.folder(name), "diff-tree", "-r", "-z", "--no-renames", before or empty_tree, after,
            *(["--", path] if path else []),
        )  # fmt: skip
        parts = shown.split("\0")[:-1]
        return [(*meta.removeprefix(":").split(" "), file) for meta, file in zip(parts[::2], parts[1::2], strict=True)]

    @contextmanager
    def archive(self, name: str, commit_id: str) -> Iterator[IO[bytes]]:
        """A zip of the tree, as a file open for reading; its bytes depend on the commit alone."""
        with tempfile.TemporaryFile() as body:
            done = subprocess.run(
                ["git", "--git-dir", str(self.folder(name)), "archive", "--format=zip", commit_id],
                env=environment(TZ="UTC"),
                stdout=body,
                stderr=subprocess.PIPE,
                timeout=ARCHIVE_TIMEOUT,
                check=False,
            )
            if done.returncode:
                raise GitFailed(done.stderr.decode(errors="replace").strip())
            body.seek(0)
            yield body
