"""prices.yaml → typed prices."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

TABLE = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True)
class Price:
    """US dollars for one `per`; the first `free` of them each month cost nothing."""

    price: float
    per: str
    source: str
    free: float = 0


@dataclass(frozen=True)
class Prices:
    region: str
    day: date
    items: dict[str, Price]
    instances: dict[str, float]  # by type: US dollars an hour

    def instance(self, kind: str) -> float | None:
        """None: the table does not know the type."""
        return self.instances.get(kind)


def read(table: Path = TABLE) -> Prices:
    data: dict[str, Any] = yaml.safe_load(table.read_text())
    hours = data["instances"]["hour"]
    return Prices(
        region=data["region"],
        day=data["day"],
        items={name: Price(**item) for name, item in data["prices"].items()},
        instances={f"{family}.{size}": price for family, sizes in hours.items() for size, price in sizes.items()},
    )
