"""In which order objects are applied: waves by annotation, and stages of kinds within a wave. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from deployer.desired import Item
from deployer.errors import Fatal

WAVE_NOTE = "shipline.dev/wave"
DEFINITION = "CustomResourceDefinition"

# What others need comes first; every kind that is not named here is in REST, between the last two.
STAGES = (
    frozenset({DEFINITION, "Namespace"}),
    frozenset({"PriorityClass", "StorageClass", "RuntimeClass", "IngressClass", "GatewayClass"}),
    frozenset({"ServiceAccount", "ClusterRole", "Role", "LimitRange", "ResourceQuota", "PersistentVolume"}),
    frozenset(
        {
            "ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret", "PersistentVolumeClaim", "NetworkPolicy",
            "Service",
        }
    ),
    frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"}),
)  # fmt: skip
REST = len(STAGES) - 1  # the last named stage comes after it


def stage_of(kind: str) -> int:
    """The number of a kind's stage."""
    for number, kinds in enumerate(STAGES):
        if kind in kinds:
            return number if number < REST else REST + 1
    return REST


def in_stages(items: Iterable[Item]) -> list[list[Item]]:
    """The items of each stage that has any, in order."""
    found: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        found[stage_of(item.key.kind)].append(item)
    return [found[number] for number in sorted(found)]


def wave_of(item: Item) -> int:
    """The wave of an item, 0 without one; a document that does not speak of waves is not read for it."""
    if not item.is_read and item.document and WAVE_NOTE not in item.document.text and "\\" not in item.document.text:
        return 0
    text = (item.object["metadata"].get("annotations") or {}).get(WAVE_NOTE, "0")
    try:
        return int(text)
    except ValueError:
        raise Fatal(
            f"{WAVE_NOTE} is {text!r}, not a whole number.", subject=str(item.key), kind="ConfigurationError"
        ) from None


def check_waves(items: Iterable[Item]) -> None:
    """Fatal for a wave that is none."""
    for item in items:
        wave_of(item)
