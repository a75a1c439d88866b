"""What a target asks for: which traffic goes over to a new version, in which steps, and what is watched meanwhile."""

from collections.abc import Mapping
from typing import Any

from deployer.values import dataclass

DRAIN = 10.0  # seconds from when a route says so until no gateway sends anything there any more
WHOLE = 100  # percent: of blue and green, whose new set takes all traffic at once


@dataclass(frozen=True)
class Progressive:
    """`steps`: percent of the traffic, each held for `pause` seconds while pods and `alarms` are watched."""

    route: str
    service: str
    steps: tuple[int, ...]
    pause: float
    alarms: tuple[str, ...] = ()
    drain: float = DRAIN

    @property
    def word(self) -> str:
        """What the new version is called while it stands beside the old one: its objects' names end with it."""
        return "green" if self.steps == (WHOLE,) else "canary"


def read_progressive(item: Mapping[str, Any]) -> Progressive:
    """ValueError for steps that are none."""
    steps = tuple(int(step) for step in item["steps"])
    if not steps or list(steps) != sorted(set(steps)) or not 0 < steps[0] <= steps[-1] <= WHOLE:
        raise ValueError(f"steps {steps}")
    route, service = str(item["route"]), str(item["service"])
    return Progressive(route, service, steps, float(item["pause"]), tuple(item.get("alarms") or ()))
