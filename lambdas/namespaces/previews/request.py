"""What is asked of the function: a number, or nothing but a sweep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from namespaces.errors import Refused

LARGEST = 9_999_999  # so that namespaces have a length that can be checked when the stacks are made


@dataclass(frozen=True)
class Open:
    number: int


@dataclass(frozen=True)
class Close:
    number: int


@dataclass(frozen=True)
class Sweep:
    pass


def asked(event: Mapping[str, Any]) -> Open | Close | Sweep:
    """Refused for anything but exactly one of `{"open": N}`, `{"close": N}` and `{"sweep": true}`."""
    match dict(event):
        case {"open": number, **more} if not more:
            return Open(_number(number))
        case {"close": number, **more} if not more:
            return Close(_number(number))
        case {"sweep": True, **more} if not more:
            return Sweep()
    raise Refused('ask for {"open": NUMBER}, {"close": NUMBER} or {"sweep": true}')


def _number(value: object) -> int:
    if type(value) is not int or not 1 <= value <= LARGEST:
        raise Refused(f"the number of a pull request is a whole number from 1 to {LARGEST}")
    return value
