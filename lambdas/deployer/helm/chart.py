"""One rendered chart: the release that Helm's record will tell of."""

from typing import Any

from deployer.values import asdict, dataclass


@dataclass(frozen=True)
class Hook:
    """An object that runs at a moment of the release, and is no part of its manifest."""

    name: str
    kind: str
    path: str  # of its template in the chart
    manifest: str
    object: dict[str, Any]
    events: tuple[str, ...]
    weight: int
    delete_policies: tuple[str, ...]
    log_policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chart:
    release: str
    metadata: dict[str, Any]  # Chart.yaml
    values: dict[str, Any]  # the chart's own values.yaml
    config: dict[str, Any]  # what the release's values files say
    manifest: str
    hooks: tuple[Hook, ...] = ()
    notes: str = ""  # NOTES.txt, rendered
    definitions: tuple[dict[str, Any], ...] = ()  # crds/, no part of the manifest either

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Chart":
        hooks = tuple(Hook(**{**hook, **{name: tuple(hook[name]) for name in _TUPLES}}) for hook in data["hooks"])
        return cls(**{**data, "hooks": hooks, "definitions": tuple(data["definitions"])})


_TUPLES = ("events", "delete_policies", "log_policies")
