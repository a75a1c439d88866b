"""The machine's own AWS, as providers call it: over HTTP, with the credentials of an account's owner."""

import threading
from typing import Any

from botocore.config import Config

from local.context import Context

Place = tuple[str, str]  # account, region


def home_of(context: Context) -> Place:
    return context.home.account, context.home.region


class Aws:
    """Clients are made once: botocore takes longer to build one than the call takes."""

    def __init__(self, context: Context, place: Place | None = None) -> None:
        self.home = context.home
        self.place = place or home_of(context)
        self._identity = context.identity
        self._clients: dict[tuple[str, float], Any] = {}
        self._lock = threading.Lock()

    @property
    def account(self) -> str:
        return self.place[0]

    @property
    def region(self) -> str:
        return self.place[1]

    def client(self, service: str, *, read_timeout: float = 60) -> Any:
        with self._lock:
            key = (service, read_timeout)
            if key not in self._clients:
                config = Config(retries={"max_attempts": 0}, read_timeout=read_timeout)
                self._clients[key] = self._identity.owner_session(*self.place).client(service, config=config)
            return self._clients[key]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
