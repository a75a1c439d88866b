"""The stacks of each account and region: one Operations for each, made when somebody asks there first."""

import threading
from collections.abc import Callable, Mapping

from local.aws.clients import Place
from local.aws.cloudformation.operations import Operations
from local.aws.cloudformation.store import Stacks


class Places:
    def __init__(self, make: Callable[[Place], Operations], home: Place) -> None:
        self.home = home
        self._make = make
        self._made: dict[Place, Operations] = {home: make(home)}
        self._lock = threading.Lock()

    def at(self, place: Place) -> Operations:
        with self._lock:
            if place not in self._made:
                self._made[place] = self._make(place)
            return self._made[place]

    def resume(self) -> None:
        for operations in list(self._made.values()):
            operations.resume()

    def elsewhere(self) -> dict[Place, Stacks]:
        return {place: each.stacks for place, each in list(self._made.items()) if place != self.home}

    def put_home(self, stacks: Stacks) -> None:
        self.at(self.home).stacks = stacks

    def put_elsewhere(self, kept: Mapping[Place, Stacks]) -> None:
        for place, stacks in kept.items():
            self.at(place).stacks = stacks
