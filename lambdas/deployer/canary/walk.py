"""The effects of a canary, under the release's lock: each may be done again by the invocation that follows."""

import datetime as dt
import time
from collections.abc import Callable

from deployer.apply import Applier
from deployer.canary.beside import beside
from deployer.canary.model import Progressive
from deployer.canary.parts import Parts, parts_of
from deployer.canary.weights import weighed
from deployer.desired import MEMBER_LABEL, Desired, Item, content_of
from deployer.errors import Fatal
from deployer.gates.alarms import ringing
from deployer.inventory import Hold, Member, widened
from deployer.look import trouble_of
from deployer.objects import Object
from deployer.stages import REST, stage_of
from deployer.values import dataclass
from deployer.waiting import Wait
from deployer.world import World

LOOK = 5.0  # seconds between two looks at the pods and the alarms


@dataclass(frozen=True)
class Walk:
    """`over` says that the invocation must end; `desired` is the release, `previous` the one that runs."""

    world: World
    hold: Hold
    wanted: Progressive
    desired: Desired
    previous: Desired
    over: Callable[[], bool]
    sleep: Callable[[float], None] = time.sleep

    def go(self) -> bool:
        """True when the new version has stood all steps, False when the invocation is over first; Fatal when it fails.

        The weights stay as the last step has set them, until the release itself has been applied and is healthy.
        """
        new, old = (self._parts(each) for each in (self.desired, self.previous))
        if new is None or old is None or _pods(new) == _pods(old):
            self._left_out(new, old)
            return True
        second = self._second(new)
        if not self.hold.journal.step:
            if not self._made(new, second):
                return False
            self.hold.update(step=1, waited=0.0, weighed=self.wanted.route)
        while (step := self.hold.journal.step) <= len(self.wanted.steps):
            if not self._step(step, old, second):
                return False
            self.hold.update(step=step + 1, waited=0.0)
        return True

    def _parts(self, desired: Desired) -> Parts | None:
        """None where a set does not have them: a release without its own was refused when it was prepared."""
        try:
            return parts_of(desired, self.wanted, self.world.target.namespace)
        except Fatal:
            return None

    def _left_out(self, new: Parts | None, old: Parts | None) -> None:
        why = "the pods stay as they are" if new and old else "nothing runs yet that it could stand beside"
        self.world.log.event("canary left out", release=self.hold.journal.number, reason=why)

    # --- the second set

    def _second(self, new: Parts) -> tuple[Item, Item]:
        said = new.deployment.object["spec"].get("replicas")
        if said is None:  # an autoscaler's affair
            live = self.world.cluster.get(new.deployment.key)
            said = live["spec"].get("replicas", 1) if live else 1
        return beside(new, self.wanted, int(said), self.world.inventory.key)

    def _made(self, new: Parts, second: tuple[Item, Item]) -> bool:
        """Whether it is there and healthy; the inventory knows of it before it is."""
        self._refuse_others(second)
        wanted = (*self._fresh(), *second)
        known = self.hold.journal.members
        self.hold.update(members=widened(known, (Member(*item.key) for item in wanted)))
        applied = self._applier().apply(wanted)
        self.hold.note(members=widened(self.hold.journal.members, applied))
        written = {member.identity: member.generation for member in applied}
        wait = Wait(self.world, self.hold, written, self.over, speaking=self.desired)
        return wait.until_healthy(Desired(second), self.world.target.patience)

    def _fresh(self) -> tuple[Item, ...]:
        """What pods may need and no release had: it changes nothing that runs."""
        before = {item.identity for item in self.previous.items}
        adopted = {member.identity for member in self.hold.journal.members if member.adopted}
        return tuple(
            item
            for item in self.desired.items
            if item.identity not in before | adopted and stage_of(item.key.kind) < REST
        )

    def _refuse_others(self, second: tuple[Item, Item]) -> None:
        """Fatal for an object of the second set's name that is somebody else's."""
        for item in second:
            live = self.world.cluster.get(item.key)
            labels = (live["metadata"].get("labels") or {}) if live else {}
            if live and labels.get(MEMBER_LABEL) != self.world.inventory.id:
                raise Fatal(
                    f"it is there already, and not ours: the {self.wanted.word} would take its place.",
                    subject=str(item.identity),
                    remedy="Rename or delete it.",
                    kind="ConfigurationError",
                )

    # --- the traffic

    def _step(self, step: int, old: Parts, second: tuple[Item, Item]) -> bool:
        share, number = self.wanted.steps[step - 1], self.hold.journal.number
        self.world.log.event("canary", release=number, share=share, step=step, steps=len(self.wanted.steps))
        self._apply_route(self._weighed(old.route, second[1].key.name, share))
        watched = Desired((*second, old.route))
        began, before = time.monotonic(), self.hold.journal.waited
        while True:
            held = before + time.monotonic() - began
            left = self.wanted.pause - held
            if trouble := self._alarms() or self._health(watched, last=left <= 0):
                raise Fatal(f"the {self.wanted.word} did not stand {share} % of the traffic.\n{trouble}")
            if left <= 0:
                return True
            if self.over():
                self.hold.update(waited=held)
                return False
            self.sleep(min(LOOK, left))
            self.hold.check()

    def _health(self, watched: Desired, *, last: bool) -> str:
        return trouble_of(self.world, watched, last=last, speaking=self.desired)

    def _weighed(self, route: Item, other: str, share: int) -> Item:
        item = weighed(route.object, self.wanted.service, other, share)
        return Item(item, route.manager, content=content_of(self.world.inventory.key, route.manager, item))

    def _apply_route(self, route: Item) -> None:
        """What is remembered of the route stays what its manifest says: a survey finds that it is another one."""
        self._applier().apply([route])

    def _alarms(self) -> str:
        world, names = self.world, self.wanted.alarms
        if not names or world.alarms is None:
            return ""
        entry = world.ledger.find(self.hold.journal.number)
        since = dt.datetime.fromisoformat(entry.started) if entry else dt.datetime.min.replace(tzinfo=dt.UTC)
        return ringing(world.alarms.of(names), since)

    def _applier(self) -> Applier:
        return Applier(self.world.cluster, self.world.inventory.key, self.hold.check, force=True)


def _pods(parts: Parts) -> Object:
    return dict(parts.deployment.object["spec"]["template"])
