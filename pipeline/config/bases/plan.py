"""The base images of a service, as the stacks need them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Base:
    repository: str
    tag: str
    argument: str
