"""When an environment may be entered: days and hours as people write them, and as CodePipeline's cron expression.

The cron's form is that of CodePipeline's rule reference, DeploymentWindow: seconds (only `*`), minutes, hours, day of
month, month, day of week. It holds in every minute that it matches.
"""

import difflib
import re
import zoneinfo
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = re.compile(r"([01][0-9]|2[0-3]):00-([01][0-9]|2[0-4]):00")


@dataclass(frozen=True)
class Window:
    """`days`, `hours` and `zone` as they were written, and right."""

    days: str
    hours: str
    zone: str

    @property
    def cron(self) -> str:
        first, end = (int(each[:2]) for each in self.hours.split("-"))
        within = f"{first}-{end - 1}" if end - 1 > first else f"{first}"
        return f"* * {within} ? * {self.days.replace(' ', '').upper()}"


def right_days(text: str) -> str:
    """`Mon-Thu`, `Mon, Wed-Fri`: names and spans of them, in the order of the week."""
    for part in text.split(","):
        names = part.strip().split("-")
        if len(names) > 2 or any(name not in DAYS for name in names):
            raise PydanticCustomError("days", "write days as in Mon-Thu or Mon, Wed-Fri")
        if DAYS.index(names[0]) > DAYS.index(names[-1]):
            raise PydanticCustomError("days", "a week begins on Monday: write both ends, as in Mon, Fri-Sun")
    return text


def right_hours(text: str) -> str:
    """`09:00-16:00`: from, and until when; whole hours, since one cron expression tells no others, and of one day."""
    match = HOURS.fullmatch(text)
    if match is None:
        raise PydanticCustomError("hours", "write whole hours, as in 09:00-16:00; CodePipeline's cron knows no others")
    if match[1] >= match[2]:
        raise PydanticCustomError("hours", "a window ends on the day on which it begins, at 24:00 at the latest")
    return text


def right_zone(text: str) -> str:
    """A name of the time zone database, where this machine has one."""
    known = zoneinfo.available_timezones()
    if known and text not in known:
        close = difflib.get_close_matches(text, sorted(known), 1)
        remedy = f"did you mean {close[0]}?" if close else "write UTC, or a name as in Europe/Berlin"
        raise PydanticCustomError("zone", "{remedy}", {"remedy": remedy})
    return text
