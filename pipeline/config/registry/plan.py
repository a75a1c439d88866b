"""Where images are kept, with every default chosen."""

from dataclasses import dataclass

KEPT_IMAGES = 1000  # far more than any environment lags behind: an image that runs must never expire
PULL_SECRET = "{service}-registry"  # noqa: S105 - the name of a Secret, in the environment's namespace


@dataclass(frozen=True)
class CacheRule:
    """`upstream` in ECR's word; `name` is the end of the prefix, and of the build argument."""

    upstream: str
    name: str
    url: str
    prefix: str
    secret: str | None

    @property
    def argument(self) -> str:
        return f"CACHE_{self.name.upper()}"


@dataclass(frozen=True)
class Copy:
    region: str
    account: str | None  # None: this one


@dataclass(frozen=True)
class HarborPlan:
    """`robot` and `pull` are names or ARNs of secrets; `key` encrypts them where that is not AWS's own."""

    host: str
    project: str
    robot: str
    pull: str
    key: str | None

    def repository(self, image: str) -> str:
        return f"{self.host}/{self.project}/{image}"


@dataclass(frozen=True)
class RegistryPlan:
    """`keep` is None where deployers mark nothing: then the newest KEPT_IMAGES stay."""

    keep: int | None = None
    key: str | None = None  # an ARN
    makes_key: bool = False
    cache: tuple[CacheRule, ...] = ()
    copies: tuple[Copy, ...] = ()
    harbor: HarborPlan | None = None
