"""The release's digests into the branch: one commit, made once, whoever else pushes and however often it is asked for.

head -> what marks of ours are there -> changes -> commit under that head; when the branch moved, again from its head
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from deployer.bump.references import Image
from deployer.errors import Superseded, Unavailable
from deployer.gitops.files import Change, File, changes, unnamed
from deployer.gitops.message import Mark, read, written
from deployer.gitops.repository import Commit, Moved
from deployer.values import dataclass

TRIES = 8
LOOK_BACK = 100  # commits in which a mark of ours is looked for


class Repository(Protocol):
    def head(self) -> str: ...

    def commit(self, commit_id: str) -> Commit | None: ...

    def files(self, commit_id: str) -> dict[str, File]: ...

    def write(self, parent: str, changes: Mapping[str, Change], message: str) -> str: ...


@dataclass(frozen=True)
class Wanted:
    """What is to be in the branch, and what the commit is to say of it."""

    mark: Mark
    images: Mapping[str, Image]
    source: str  # the commit that the images were built from
    words: str  # that commit's message


@dataclass(frozen=True)
class Made:
    """`commit` is empty where the branch has it all already, and no commit of this attempt brought it there."""

    commit: str
    changed: tuple[str, ...] = ()  # paths
    missing: tuple[str, ...] = ()  # images that no file names


def ensure(
    repository: Repository,
    wanted: Wanted,
    held_to: Callable[[Mapping[str, Change]], None] = lambda found: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Made:
    """The branch with the images. Superseded when a newer release is in it; `held_to` may refuse the changes."""
    for attempt in range(TRIES):
        head = repository.head()
        last = newest(repository, head, wanted.mark)
        if last and last[1].release > wanted.mark.release:
            raise Superseded(
                f"release {wanted.mark.release} is superseded by release {last[1].release}, whose commit "
                f"{last[0][:12]} is in the branch already.",
                remedy="Nothing was changed.",
            )
        files = repository.files(head)
        found = changes(files, wanted.images)
        missing = tuple(unnamed(files, found, wanted.images))
        if not found:
            return Made(last[0] if last and _same(last[1], wanted.mark) else "", missing=missing)
        held_to(found)
        try:
            text = written(wanted.mark, wanted.images, wanted.source, wanted.words)
            return Made(repository.write(head, found, text), tuple(found), missing)
        except Moved:
            sleep(random.uniform(0.1, 0.5) * (attempt + 1))  # noqa: S311 (only to part those who race)
    raise Unavailable(f"the branch moved {TRIES} times while a commit was made.", subject="configuration repository")


def newest(repository: Repository, head: str, mark: Mark) -> tuple[str, Mark] | None:
    """The last commit of ours for this service's environment, with its mark, as far as one looks back."""
    for commit in history(repository, head):
        found = read(commit.message)
        if found and (found.service, found.environment) == (mark.service, mark.environment):
            return commit.id, found
    return None


def history(repository: Repository, head: str, most: int = LOOK_BACK) -> Iterator[Commit]:
    """A commit and those before it, nearest first, along all parents."""
    waiting, seen = [head], {head}
    while waiting and len(seen) <= most:
        commit = repository.commit(waiting.pop(0))
        if commit is None:
            continue
        yield commit
        new = [parent for parent in commit.parents if parent not in seen]
        seen.update(new)
        waiting += new


def _same(one: Mark, other: Mark) -> bool:
    return (one.release, one.restores) == (other.release, other.restores)
