"""The outside world of a command: built once in `main`, handed to the verb."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import Console

if TYPE_CHECKING:
    from local.settings import Home

STATUS_PATH = "/_shipline/status"

CHECKOUT = Path(__file__).resolve().parent.parent

# Either of these says that the user has chosen an account; else this machine's is meant.
CHOSEN_BY = ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID")


class World:
    """`clients` and `console` are replaced in tests; everything else follows from the environment."""

    def __init__(
        self,
        environ: Mapping[str, str],
        console: Console,
        clients: Callable[[str], Any] | None = None,
        ask: Callable[[str], str] = input,
    ) -> None:
        self.environ = environ
        self.console = console
        self.ask = ask
        self.checkout = CHECKOUT
        self.python = Path(sys.executable)
        self.sleep = time.sleep
        self.can_ask = sys.stdin.isatty()
        self._clients = clients

    @cached_property
    def home(self) -> "Home":
        from local.settings import Home  # a release needs no machine

        return Home.open(self.environ)

    @property
    def on_this_machine(self) -> bool:
        """Whether AWS means this machine's AWS."""
        chosen = [self.environ.get(name) for name in CHOSEN_BY]
        return not any(chosen) or chosen[0] == self.home.endpoint_url

    def client(self, service: str, region: str = "") -> Any:
        """A boto3 client of the account that the environment chooses, or else of this machine's.

        `region` is for what is in another one than the environment's.
        """
        if self._clients is not None:
            return self._clients(service)
        import boto3  # a third of a second: only for the commands that call AWS

        if any(self.environ.get(name) for name in CHOSEN_BY):
            region = region or self.environ.get("AWS_REGION", "")  # the AWS CLI reads it, boto3 alone does not
            return boto3.Session(region_name=region or None).client(service)
        return self.machine_client(service)

    def machine_client(self, service: str) -> Any:
        """A boto3 client of this machine's account, whatever the environment says."""
        if self._clients is not None:
            return self._clients(service)
        import boto3
        from botocore.config import Config

        addresses = self.home.addresses
        session = boto3.Session(addresses.access_key, addresses.secret_key, region_name=self.home.region)
        # A proxy from the environment would be asked for 127.0.0.1, too.
        return session.client(service, endpoint_url=self.home.endpoint_url, config=Config(proxies={}))

    def machine_status(self) -> dict[str, Any] | None:
        """What this home's machine says of its parts; None when it does not answer, also when another one does."""
        import urllib.error  # 20 ms that a release needs not spend
        import urllib.request

        from cli.machine import running_pid

        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.home.endpoint_url + STATUS_PATH, timeout=5) as answer:
                status: dict[str, Any] = json.load(answer)
                return status if status.get("pid") == running_pid(self.home) else None
        except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
            return None
