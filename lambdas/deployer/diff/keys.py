"""By what the entries of a list are told apart, as the API's own merge keys do: a moved entry is no change."""

from collections.abc import Mapping, Sequence
from typing import Any

Keys = tuple[str, ...]

# For a field of this name, the first that every entry has and no two entries share. `name` serves all others.
_KEYS: Mapping[str, tuple[Keys, ...]] = {
    "ports": (("name",), ("containerPort", "protocol"), ("port", "protocol")),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "ownerReferences": (("uid",),),
    "conditions": (("type",),),
    "rules": (("host",),),
    "paths": (("path", "pathType"),),
}
_ANY: tuple[Keys, ...] = (("name",),)


def keys_of(field: str, *lists: Sequence[Any]) -> Keys | None:
    """The keys that tell the entries of all the lists apart; None when only their places do."""
    for keys in _KEYS.get(field, _ANY):
        if all(_distinct(entries, keys) for entries in lists):
            return keys
    return None


def _distinct(entries: Sequence[Any], keys: Keys) -> bool:
    seen = set()
    for entry in entries:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str | int) for key in keys):
            return False
        seen.add(tuple(entry[key] for key in keys))
    return len(seen) == len(entries)
