"""A build's log: a file at once, and CloudWatch Logs with the build's own role, every quarter of a second.

Lines are masked before they go anywhere.
"""

import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.codebuild.masking import Mask

INTERVAL = 0.25
MOST_EVENTS = 1000  # per PutLogEvents; AWS takes 10,000
LONGEST_LINE = 200_000  # characters; AWS takes 256 KB
TAIL = 40


class Log:
    """Safe to use from any thread. `close` returns when CloudWatch Logs has everything."""

    def __init__(self, path: Path, mask: Mask) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._mask = mask
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, str]] = deque()
        self._rest = ""
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._shipper: threading.Thread | None = None
        self._closing = threading.Event()
        self._trouble = ""

    def say(self, line: str) -> None:
        """A line of CodeBuild's own."""
        now = time.time()
        stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(now)) + f".{int(now * 1e6) % 1_000_000:06d}"
        with self._lock:
            self._end_line()
            self._line(f"[Container] {stamp} {line}")

    def output(self, text: str) -> None:
        """A piece of a command's output; a line goes out when it is whole."""
        with self._lock:
            *lines, self._rest = (self._rest + text).split("\n")
            for line in lines:
                self._line(line, keep=True)

    def flush(self) -> None:
        """An unfinished line goes out, too."""
        with self._lock:
            self._end_line()

    def forget_tail(self) -> None:
        with self._lock:
            self._tail.clear()

    def tail(self, lines: int) -> list[str]:
        """The last non-empty lines of output since `forget_tail`."""
        with self._lock:
            self._end_line()
            return [line for line in self._tail if line.strip()][-lines:]

    def ship(self, client: Any, group: str, stream: str) -> None:
        """Start sending to CloudWatch Logs; ClientError when the role may not make the group or stream."""
        try:
            _make_stream(client, group, stream)
        except client.exceptions.ResourceNotFoundException:  # the group is made only where nobody made it before
            client.create_log_group(logGroupName=group)
            _make_stream(client, group, stream)
        self._shipper = threading.Thread(
            target=self._ship, args=(client, group, stream), name=f"build-log-{stream}", daemon=True
        )
        self._shipper.start()

    def close(self) -> str:
        """What kept CloudWatch Logs from having it all; empty when nothing did."""
        self.flush()
        self._closing.set()
        if self._shipper:
            self._shipper.join()
        with self._lock:
            self._file.close()
        return self._trouble

    def _line(self, line: str, *, keep: bool = False) -> None:
        line = self._mask(line.rstrip("\r"))[:LONGEST_LINE]
        self._file.write(line + "\n")
        self._file.flush()
        self._waiting.append((int(time.time() * 1000), line + "\n"))
        if keep:
            self._tail.append(line)

    def _end_line(self) -> None:
        if self._rest:
            self._line(self._rest, keep=True)
            self._rest = ""

    def _ship(self, client: Any, group: str, stream: str) -> None:
        while not self._closing.wait(INTERVAL):
            self._send(client, group, stream)
        while self._waiting and not self._trouble:
            self._send(client, group, stream)

    def _send(self, client: Any, group: str, stream: str) -> None:
        with self._lock:
            events = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_EVENTS))]
        if not events or self._trouble:
            return
        try:
            client.put_log_events(
                logGroupName=group,
                logStreamName=stream,
                logEvents=[{"timestamp": moment, "message": message} for moment, message in events],
            )
        except (ClientError, BotoCoreError) as error:
            self._trouble = f"the log did not reach CloudWatch Logs: {error}"


def _make_stream(client: Any, group: str, stream: str) -> None:
    with suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
