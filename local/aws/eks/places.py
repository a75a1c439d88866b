"""The clusters of each account and region: one Registry for each, made when somebody asks there first."""

import threading
from collections.abc import Callable, Mapping

from local.aws.clients import Place
from local.aws.eks.model import Cluster
from local.aws.eks.registry import Listener, Registry


class Places:
    """`listeners` hear of changes in all of them."""

    def __init__(self, make: Callable[[Place, list[Listener]], Registry], home: Place) -> None:
        self.home = home
        self.listeners: list[Listener] = []
        self._make = make
        self._made: dict[Place, Registry] = {home: make(home, self.listeners)}
        self._lock = threading.Lock()

    def at(self, place: Place) -> Registry:
        with self._lock:
            if place not in self._made:
                self._made[place] = self._make(place, self.listeners)
            return self._made[place]

    def all(self) -> list[Registry]:
        return list(self._made.values())

    def elsewhere(self) -> dict[Place, dict[str, Cluster]]:
        return {place: each.clusters for place, each in list(self._made.items()) if place != self.home}

    def put_home(self, clusters: dict[str, Cluster]) -> None:
        self.at(self.home).clusters = clusters

    def put_elsewhere(self, kept: Mapping[Place, dict[str, Cluster]]) -> None:
        for place, clusters in kept.items():
            self.at(place).clusters = clusters
