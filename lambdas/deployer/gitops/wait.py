"""One wait for the reconciler: until the release is there and healthy, cannot become so, or the invocation is over."""

from collections.abc import Callable

from deployer.errors import Fatal
from deployer.gitops.lineage import Lineage
from deployer.gitops.site import Site
from deployer.gitops.state import State
from deployer.values import dataclass

POLL = 5.0  # seconds between two looks; the reconcilers themselves look every few minutes
GRACE = 15.0  # seconds that what is broken may take to mend itself: health is judged resource by resource


@dataclass(frozen=True)
class Wait:
    """`began` is a moment of the site's clock; `patience` counts from it, over all invocations."""

    site: Site
    number: int
    began: float
    patience: float
    over: Callable[[], bool]

    def until_healthy(self, lineage: Lineage) -> State | None:
        """The healthy state; None when the invocation is over first; Fatal when there will be none."""
        broken_since, said = 0.0, ""
        while True:
            now, state = self.site.clock(), self.site.cluster.look(lineage.reached)
            if state.told != said:
                said = state.told
                self.site.log.event("waiting", release=self.number, state=said)
            if state.word == "healthy":
                return state
            broken_since = (broken_since or now) if state.word == "broken" else 0.0
            if broken_since and now - broken_since >= GRACE:
                raise Fatal(f"{state.told}.", subject=self.site.cluster.subject)
            if now - self.began > self.patience:
                raise Fatal(
                    f"not healthy within {self.patience:.0f} s: {state.told}.", subject=self.site.cluster.subject
                )
            if self.over():
                return None
            self.site.sleep(POLL)
