"""Structured logs: one JSON line an event, secrets masked."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from deployer.redact import Redactor


@dataclass(frozen=True)
class Log:
    redactor: Redactor
    stream: TextIO = sys.stdout
    clock: Callable[[], float] = time.time

    def event(self, event: str, **fields: object) -> None:
        """Write one line. Fields are strings, numbers or lists of them, never objects of the cluster or the job."""
        line = {"time": round(self.clock(), 3), "event": event, **fields}
        self.stream.write(self.redactor.mask(json.dumps(line, default=str)) + "\n")
        self.stream.flush()
