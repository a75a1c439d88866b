"""Structured logs: one JSON line an event, secrets masked."""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO

from deployer.redact import Redactor
from deployer.values import dataclass, replace

Line = dict[str, Any]


@dataclass(frozen=True)
class Log:
    redactor: Redactor
    stream: TextIO = sys.stdout
    clock: Callable[[], float] = time.time
    heard: tuple[Callable[[Line], None], ...] = ()  # who else is told each line, masked as it is

    def also(self, hear: Callable[[Line], None]) -> "Log":
        """The same log, which tells one more."""
        return replace(self, heard=(*self.heard, hear))

    def event(self, event: str, /, **fields: object) -> None:
        """Write one line. Fields are strings, numbers or lists of them, never objects of the cluster or the job."""
        line = {"time": round(self.clock(), 3), "event": event}
        line |= {name: value for name, value in masked(fields, self.redactor.mask).items() if name not in line}
        self.stream.write(json.dumps(line) + "\n")
        self.stream.flush()
        for hear in self.heard:
            hear(line)


def masked(value: Any, mask: Callable[[str], str]) -> Any:
    """The value in JSON's types with every text masked: masking JSON itself might leave something that is none."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {mask(str(name)): masked(each, mask) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(each, mask) for each in value]
    return mask(str(value))
