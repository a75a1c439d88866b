"""How the traffic of one environment goes over to a new version."""

from dataclasses import dataclass
from datetime import timedelta

WHOLE = 100  # percent
ROUTES = ("gateway.networking.k8s.io", "httproutes")  # API group, plural
VERBS = ("get", "list", "watch", "create", "patch", "delete")  # what the deployer does with a kind


@dataclass(frozen=True)
class RolloutPlan:
    route: str
    service: str
    steps: tuple[int, ...]  # percent; one step of all of it is blue and green
    pause: timedelta
    alarms: tuple[str, ...]

    @property
    def told(self) -> str:
        if self.steps == (WHOLE,):
            return "all at once, to a green set beside the blue one"
        return f"{', '.join(map(str, self.steps))} % to a canary"
