"""A canary's part of a release's stages: before the release is applied, after it is healthy, and on the way back."""

import time
from collections.abc import Callable

from deployer.apply import Applier
from deployer.canary.model import DRAIN
from deployer.canary.parts import find, route_of
from deployer.canary.walk import Walk
from deployer.desired import Desired, Item
from deployer.inventory import Hold, widened
from deployer.objects import Identity
from deployer.opening import learn_set
from deployer.values import dataclass
from deployer.waiting import Wait
from deployer.world import World


@dataclass(frozen=True)
class Canary:
    """`over` says that the invocation must end."""

    world: World
    hold: Hold
    over: Callable[[], bool]
    sleep: Callable[[float], None] = time.sleep

    def before(self, desired: Callable[[], Desired]) -> bool:
        """Whether the release may be applied; what a release before this one has left is put right first."""
        world, journal, wanted = self.world, self.hold.journal, self.world.target.progressive
        if not journal.good:
            return True
        previous = world.store.load(journal.set_of(journal.good))
        if not journal.step:
            self.back(previous)
        if wanted is None or journal.again or journal.renews:  # who goes back does not want to wait; pods are the same
            return True
        learn_set(world, previous)
        if not Walk(world, self.hold, wanted, desired(), previous, self.over, self.sleep).go():
            return False
        self.hold.note(waited=0.0)
        return True

    def after(self, desired: Desired) -> bool:
        """Whether the release has all its traffic; False when the invocation is over first."""
        route = self._route(desired)
        if route:
            written = {route.identity: self._apply(route)}
            wait = Wait(self.world, self.hold, written, self.over, speaking=desired)
            if not wait.until_healthy(Desired((route,)), self.world.target.patience):
                return False
        self.back(desired)
        return True

    def back(self, manifests: Desired) -> None:
        """The route's weights back to its manifest's, and time for the gateways to follow."""
        if not self.hold.journal.weighed:
            return
        route = self._route(manifests)
        if route:
            self._apply(route)
            self.world.log.event("traffic back", release=self.hold.journal.number, route=route.key.name)
            wanted = self.world.target.progressive
            self.sleep(wanted.drain if wanted else DRAIN)
            self.hold.check()
        self.hold.update(weighed="", step=0)

    def _route(self, manifests: Desired) -> Item | None:
        return find(manifests, weighed_route(self.world, self.hold.journal.weighed))

    def _apply(self, route: Item) -> int:
        """The generation that it has then."""
        applier = Applier(self.world.cluster, self.world.inventory.key, self.hold.check, force=True)
        (written,) = applied = applier.apply([route])
        self.hold.note(members=widened(self.hold.journal.members, applied), judged=False)
        return written.generation


def weighed_route(world: World, name: str) -> Identity:
    return route_of(world.target.namespace, name)
