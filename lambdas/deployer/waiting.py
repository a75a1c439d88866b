"""One wait of a release, under its lock: until a set is healthy, cannot become it, or the invocation is over."""

import functools
import time
from collections.abc import Callable, Mapping

from deployer.desired import Desired
from deployer.errors import Fatal
from deployer.inventory import Hold
from deployer.objects import Identity, Object
from deployer.opening import learn_all
from deployer.values import dataclass
from deployer.world import World

CHECK_EVERY = 1.0  # seconds after which a wait asks for its lock and its budget, when nothing changes

Judged = Callable[[Mapping[Identity, Object]], None]


@dataclass(frozen=True)
class Wait:
    """`generations` are those that this invocation wrote; `over` says that it must end."""

    world: World
    hold: Hold
    generations: Mapping[Identity, int]
    over: Callable[[], bool]
    speaking: Desired | None = None  # the set whose secrets pods may tell, where it is not the one that is waited for

    def until_healthy(self, desired: Desired, patience: float, judged: Judged = lambda seen: None) -> bool:
        """True when all is healthy, False when the invocation is over first, Fatal when it will not be.

        `judged` is told the metadata of what was healthy, unless something is to be said of any of it once more.
        """
        from deployer.wait.rollout import Rollout  # 40 ms of imports, only where there is something to wait for
        from deployer.wait.spoken import Spoken

        world, journal, began = self.world, self.hold.journal, time.monotonic()
        spoken = Spoken(lambda state: world.log.event("waiting", release=journal.number, state=state))
        learn = functools.cache(
            lambda: learn_all(world, self.speaking or desired)
        )  # only where pods have a trouble to tell
        with Rollout(world.cluster, world.inventory.id, world.redactor, learn=learn) as rollout:
            rollout.begin(desired, self.generations)
            while not (verdict := rollout.next(CHECK_EVERY)).healthy:
                self.hold.check()
                if verdict.doomed:
                    raise Fatal(verdict.doomed)
                waited = journal.waited + time.monotonic() - began
                spoken.of(verdict.summary, waited)
                if waited > patience:
                    raise Fatal(f"not healthy within {patience:.0f} s.\n{rollout.trouble() or verdict.summary}")
                if self.over():
                    self.hold.update(waited=waited)
                    return False
        if verdict.notes:
            world.log.event("noted", release=journal.number, objects=verdict.noted)
        else:
            judged(rollout.seen)
        return True
