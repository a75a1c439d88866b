"""APIServices: what stands behind them answers."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, is_true, progressing, words


def health(item: Object) -> Health:
    return READY if is_true(item, "Available") else progressing(words(condition(item, "Available")))
