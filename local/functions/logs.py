"""A function's log: lines → batches → CloudWatch Logs, written with the function's own role.

Without the right to write there is no log, as on AWS; nothing else fails because of it.
"""

import logging
import threading
import time
from collections import deque
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger("local.functions")
FLUSH_SECONDS = 0.5
TAIL_BYTES = 4096
LONGEST_LINE = 256 * 1024
BATCH = 1000  # lines; PutLogEvents takes up to 10 000 and 1 MiB


class LogStream:
    """One stream of one invocation; `write` from any thread, `close` sends what is left."""

    def __init__(self, session: boto3.Session, group: str, stream: str) -> None:
        self._session = session
        self._group = group
        self._stream = stream
        self._lock = threading.Lock()
        self._waiting: deque[tuple[int, str]] = deque()
        self._tail = b""
        self._client: Any = None
        self._refused = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"log-{group}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        with self._lock:
            self._tail = (self._tail + line.encode() + b"\n")[-TAIL_BYTES:]
            self._waiting.append((int(time.time() * 1000), line[:LONGEST_LINE]))

    @property
    def tail(self) -> bytes:
        """The last 4 KB, as LogResult carries them."""
        with self._lock:
            return self._tail

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        while True:
            with self._lock:
                count = min(len(self._waiting), BATCH)
                batch = [self._waiting.popleft() for _ in range(count)]
            if not batch:
                return
            self._send([{"timestamp": at, "message": line} for at, line in batch if line])

    def _send(self, events: list[dict[str, Any]]) -> None:
        if self._refused or not events:
            return
        try:
            if self._client is None:
                self._client = self._session.client("logs")
                self._make_stream()
            self._client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (ClientError, BotoCoreError) as error:
            self._refused = True
            log.warning("%s: no log can be written: %s", self._group, error)

    def _make_stream(self) -> None:
        """The group is made only when it is not there, so that a role that may only write to its group can."""
        try:
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            self._client.create_log_group(logGroupName=self._group)
            self._client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
