"""What a push changed, on disk before git answers, and told to EventBridge once the push is through.

post-receive hook → one file per push below `.received` → an event per reference → the file goes.
A kill in between leaves the file, and the next start tells of it.
"""

import uuid
from dataclasses import dataclass
from pathlib import Path

from local.context import Events
from local.git.command import EMPTY
from local.git.repositories import Repositories, arn
from local.settings import Home

KINDS = {"refs/heads/": "branch", "refs/tags/": "tag"}

HOOK = """#!/bin/sh
# The references that this push changed, `old new name` a line, for the machine to tell EventBridge.
{ printf '%s\\n%s\\n' "$SHIPLINE_REPOSITORY" "$SHIPLINE_CALLER"; cat; } > "$SHIPLINE_PUSH.part" &&
    mv "$SHIPLINE_PUSH.part" "$SHIPLINE_PUSH"
"""


@dataclass(frozen=True)
class Change:
    old: str
    new: str
    ref: str


class Pushes:
    def __init__(self, home: Home, repositories: Repositories, events: Events) -> None:
        self._home = home
        self._repositories = repositories
        self._events = events
        self._folder = home.git / ".received"
        self._hooks = home.git / ".hooks"

    def prepare(self) -> None:
        """The hook in its place; then what an earlier machine could not tell any more."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._hooks.mkdir(exist_ok=True)
        hook = self._hooks / "post-receive"
        hook.write_text(HOOK)
        hook.chmod(0o755)
        for left in sorted(self._folder.iterdir()):
            if left.suffix == ".part":
                left.unlink()
            else:
                self.tell(left)

    def announced(self) -> Path:
        """Where the next push is to be written."""
        return self._folder / str(uuid.uuid4())

    def environment(self, push: Path, repository: str, caller: str) -> dict[str, str]:
        """For git: the hook, and what it writes down."""
        return {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": str(self._hooks),
            "SHIPLINE_PUSH": str(push),
            "SHIPLINE_REPOSITORY": repository,
            "SHIPLINE_CALLER": caller,
        }

    def tell(self, push: Path) -> None:
        """Nothing, when the push changed nothing."""
        try:
            repository, caller, *lines = push.read_text().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            old, new, ref = line.split(" ", 2)
            self.changed(repository, caller, Change(old, new, ref))
        push.unlink()

    def changed(self, repository: str, caller: str, change: Change) -> None:
        facts = self._repositories.facts(repository)
        prefix = next((prefix for prefix in KINDS if change.ref.startswith(prefix)), None)
        if facts is None or prefix is None:
            return  # deleted meanwhile, or a reference that CodeCommit does not speak of
        self._repositories.touch(repository)
        name = change.ref.removeprefix(prefix)
        if prefix == "refs/heads/" and change.new != EMPTY and self._repositories.default_branch(repository) is None:
            self._repositories.set_default_branch(repository, name)  # the first branch becomes the default
        self._events.publish(
            "aws.codecommit",
            "CodeCommit Repository State Change",
            [arn(self._home, repository)],
            {
                "callerUserArn": caller,
                **_what(change),
                "referenceFullName": change.ref,
                "referenceName": name,
                "referenceType": KINDS[prefix],
                "repositoryId": facts.id,
                "repositoryName": repository,
            },
        )


def _what(change: Change) -> dict[str, str]:
    if change.old == EMPTY:
        return {"event": "referenceCreated", "commitId": change.new}
    if change.new == EMPTY:
        return {"event": "referenceDeleted", "commitId": change.old, "oldCommitId": change.old}
    return {"event": "referenceUpdated", "commitId": change.new, "oldCommitId": change.old}
