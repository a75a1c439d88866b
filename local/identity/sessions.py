"""boto3 sessions that talk to this machine, whatever the environment of the process says."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from local.context import Credentials

# One loader for all sessions: a service's model is read and parsed once.
_loader = Loader()
_NOWHERE = "/dev/null"


class _MachineSession(Session):
    """A botocore session whose clients have the machine's URL unless they are given another."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(
            # No profile, no configuration files: only what is given here counts.
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, _NOWHERE, None),
                "credentials_file": (None, None, _NOWHERE, None),
            }
        )
        self._endpoint_url = endpoint_url
        self.register_component("data_loader", _loader)
        # No proxy for loopback, and quick, few retries: nothing is lost on the way.
        self.set_default_client_config(Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 3}))

    def create_client(self, *arguments: Any, **keywords: Any) -> Any:
        keywords["endpoint_url"] = keywords.get("endpoint_url") or self._endpoint_url
        return super().create_client(*arguments, **keywords)


def open_session(endpoint_url: str, region: str, credentials: Credentials) -> boto3.Session:
    session = _MachineSession(endpoint_url)
    return boto3.Session(
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token or None,
        region_name=region,
        botocore_session=session,
    )
