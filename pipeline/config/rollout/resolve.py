"""The model → the plan of one environment."""

from pipeline.config.rollout.model import CanaryRollout, Rollout
from pipeline.config.rollout.plan import WHOLE, RolloutPlan


def plan(given: Rollout | None) -> RolloutPlan | None:
    if given is None:
        return None
    if isinstance(given, CanaryRollout):
        canary = given.canary
        return RolloutPlan(canary.route, canary.service, canary.steps, canary.pause, canary.alarms)
    green = given.blue_green
    return RolloutPlan(green.route, green.service, (WHOLE,), green.soak, green.alarms)
