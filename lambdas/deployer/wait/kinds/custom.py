"""Everything that tells its state by conditions: custom resources, and kinds that this code has never heard of.

The first of Ready, Available and Succeeded that an object has is its answer; without any, being there is all there is.
"""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, outdated, progressing, status_of, words

ANSWERS = ("Ready", "Available", "Succeeded")


def health(item: Object) -> Health:
    broken = condition(item, "Failed")
    if broken.get("status") == "True" and not outdated(item, broken):
        return failed(words(broken))
    told = _answer(item)
    if outdated(item, told):
        return progressing(f"{told['type']} tells of an older generation")
    if told and told.get("status") != "True":
        return progressing(f"it is not {told['type']}: {words(told)}")
    return READY


def names_no_generation(item: Object) -> bool:
    """Whether the status may be that of an older generation, and nothing in it would show."""
    return "observedGeneration" not in {**status_of(item), **_answer(item)}


def _answer(item: Object) -> dict[str, object]:
    return next((found for kind in ANSWERS if (found := condition(item, kind))), {})
