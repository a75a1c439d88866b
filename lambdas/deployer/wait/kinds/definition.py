"""CustomResourceDefinitions: served under their names."""

from deployer.objects import Object
from deployer.wait.health import READY, Health, condition, failed, is_true, progressing, words


def health(item: Object) -> Health:
    names = condition(item, "NamesAccepted")
    if names.get("status") == "False":
        return failed(words(names))
    return READY if is_true(item, "Established") else progressing("it is not served yet")
