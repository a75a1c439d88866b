"""Times in which nothing new is released: as they are written, and as instants."""

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from pipeline.config.base import Model
from pipeline.config.problems import Finding
from pipeline.config.window import right_zone

DAY = dt.timedelta(days=1)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}( ([01]\d|2[0-3]):[0-5]\d)?")


def _moment(value: Any) -> Any:
    """YAML reads a day as a date; a time beside it stays a text."""
    text = value.isoformat() if type(value) is dt.date else value
    if isinstance(text, str) and MOMENT.fullmatch(text):
        try:
            dt.datetime.fromisoformat(text)
        except ValueError:
            text = ""
        else:
            return text
    raise PydanticCustomError("moment", "write a day, as in 2026-12-24, or a time of it, as in 2026-12-24 18:00")


Moment = Annotated[str, BeforeValidator(_moment)]


class Freeze(Model):
    """A time in which the environment takes no release that it has not run before: what is begun goes on, and what ran
    there may come back. A release that arrives is refused before it changes anything, with the reason and the end;
    `shipline lift --freeze` lets releases in that cannot wait. It counts from the next `cdk deploy` on, for commits
    that are older, too."""

    begins: Moment = Field(alias="from")
    """The first day, or a time of it: `2026-12-19`, `2026-12-19 18:00`."""
    ends: Moment = Field(alias="until")
    """The last day, all of it, or the time at which it ends."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Why; whoever is stopped reads it."""
    zone: Annotated[str, AfterValidator(right_zone)] = "UTC"
    """The time zone of both: `Europe/Berlin`."""


Freezes = Annotated[tuple[Freeze, ...], Field(max_length=20)]


@dataclass(frozen=True)
class FrozenTime:
    """`begins` is in it, `ends` is not; both in UTC."""

    begins: dt.datetime
    ends: dt.datetime
    reason: str


def instants(freeze: Freeze) -> FrozenTime:
    zone = zoneinfo.ZoneInfo(freeze.zone)
    begins, ends = (dt.datetime.fromisoformat(each) for each in (freeze.begins, freeze.ends))
    if len(freeze.ends) == len("2026-12-24"):
        ends += DAY
    begins, ends = (each.replace(tzinfo=zone).astimezone(dt.UTC) for each in (begins, ends))
    return FrozenTime(begins, ends, freeze.reason)


def frozen_times(freezes: Sequence[Freeze]) -> tuple[FrozenTime, ...]:
    return tuple(map(instants, freezes))


def findings(environments: Sequence[tuple[Freeze, ...]]) -> Iterator[Finding]:
    for index, freezes in enumerate(environments):
        for number, freeze in enumerate(freezes):
            found = instants(freeze)
            if found.ends <= found.begins:
                where = ("environments", index, "freeze", number, "until")
                yield Finding(where, f"it ends before it begins, at {freeze.begins}", "write the later one here")
