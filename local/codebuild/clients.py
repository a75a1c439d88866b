"""boto3 clients with one build's role: each made once, on first use, from any thread."""

import threading
from typing import Any

import boto3


class RoleClients:
    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        with self._lock:  # making a client is not safe in two threads at once
            if service not in self._made:
                self._made[service] = self._session.client(service)
            return self._made[service]
