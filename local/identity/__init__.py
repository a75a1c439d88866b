"""Identity: who calls and what they may do. The gate in front of AWS's APIs, STS, and role sessions.

`create(home)` makes the Identity before the context exists; `install(context)` puts STS in moto's place.
"""

from local.context import Context, Part
from local.identity.authority import Authority
from local.identity.sts import register
from local.settings import Home

__all__ = ["Authority", "create", "install"]


def create(home: Home) -> Authority:
    authority = Authority(home)
    register(authority)
    return authority


class _Identity:
    """Nothing runs and nothing is stored: sessions prove themselves."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def install(context: Context) -> Part:
    return _Identity()
