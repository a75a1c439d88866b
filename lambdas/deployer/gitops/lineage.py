"""Is what a reconciler has applied this release? Its commit, or a later one that still has its digests."""

import re
from collections.abc import Iterable, Mapping

from deployer.bump.references import Image
from deployer.errors import Fatal
from deployer.gitops.commit import Repository, history
from deployer.gitops.files import pinned
from deployer.values import dataclass, field

_COMMIT = re.compile(r"[0-9a-f]{40}")
NEAR = 10  # commits before ours in which a revision is looked for first: it was applied a moment ago


class Overtaken(Fatal):
    """Somebody else has decided what runs: nothing is put back."""


@dataclass
class Lineage:
    """`commit` is empty where the branch had the digests already: then any revision counts that has them."""

    repository: Repository
    commit: str
    images: Mapping[str, Image]
    _known: dict[str, bool] = field(default_factory=dict)

    def reached(self, revisions: Iterable[str]) -> bool:
        """Whether one of them is it; Overtaken for a later commit that names other images."""
        return any(self._is(revision) for revision in revisions if _COMMIT.fullmatch(revision))

    def _is(self, revision: str) -> bool:
        if revision == self.commit:
            return True
        if revision not in self._known:
            self._known[revision] = self._judge(revision)
        return self._known[revision]

    def _judge(self, revision: str) -> bool:
        if self.repository.commit(revision) is None:
            return False  # another repository's
        if self.commit and not self._is_later(revision):
            return False
        if pinned(self.repository.files(revision), self.images):
            return True
        if self.commit:
            raise Overtaken(
                f"commit {revision[:12]}, which came after {self.commit[:12]}, names other images: "
                "what runs is not this release.",
                subject="configuration repository",
                remedy="Somebody changed them by hand: release anew.",
            )
        return False

    def _is_later(self, revision: str) -> bool:
        if any(commit.id == revision for commit in history(self.repository, self.commit, NEAR)):
            return False
        return any(commit.id == self.commit for commit in history(self.repository, revision))
