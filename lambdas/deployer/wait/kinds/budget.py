"""PodDisruptionBudgets: as many healthy pods as they demand. Never a failure: a budget may demand what cannot be."""

from deployer.objects import Object
from deployer.wait.graces import LOOKED_AT
from deployer.wait.health import READY, Health, count, progressing, status_of


def health(item: Object) -> Health:
    status = status_of(item)
    healthy, desired = count(status, "currentHealthy"), count(status, "desiredHealthy")
    if healthy < desired:
        return progressing(f"{healthy} of the {desired} pods that it demands are healthy", LOOKED_AT)
    return READY
