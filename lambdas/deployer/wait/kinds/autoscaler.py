"""HorizontalPodAutoscalers: able to scale their target. Metrics that are not there yet are told, not waited for."""

from deployer.objects import Object
from deployer.wait.graces import LOOKED_AT
from deployer.wait.health import READY, Health, condition, progressing, ready, words


def health(item: Object) -> Health:
    able, active = condition(item, "AbleToScale"), condition(item, "ScalingActive")
    if not able:
        return progressing("its controller has not looked at it yet", LOOKED_AT)
    if able.get("status") != "True":
        return progressing(words(able))
    return ready(words(active)) if active.get("status") == "False" else READY
