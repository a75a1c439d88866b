"""Which Kubernetes EKS supports, and until when: the EKS user guide's "release calendar", as of 2026-11.

A version enters with its two dates, and with the deployer's kubectl, which has to be within one minor version of it.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Support:
    """The first days on which there is no standard support and no extended support, in UTC."""

    standard: dt.date
    extended: dt.date

    def kind(self, day: dt.date) -> Literal["standard", "extended", "none"]:
        if day < self.standard:
            return "standard"
        return "extended" if day < self.extended else "none"


KUBECTL = "1.36"  # the deployer's layer
CALENDAR = {
    "1.35": Support(dt.date(2027, 3, 27), dt.date(2028, 3, 27)),
    "1.36": Support(dt.date(2027, 8, 2), dt.date(2028, 8, 2)),
}
