"""What the function is told by the template."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from namespaces.request import PodSecurity


@dataclass(frozen=True)
class Settings:
    cluster: str
    service: str
    prefix: str  # of the namespaces; the number follows
    group: str  # the Kubernetes group of who deploys
    expires: timedelta  # after the last deployment
    pod_security: PodSecurity
    quota: Mapping[str, str]
    isolate: bool
    repositories: tuple[str, ...]  # in ECR, of the previews' images

    def namespace(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def number(self, namespace: str) -> int | None:
        """None for a name that is no preview's."""
        found = re.fullmatch(re.escape(self.prefix) + r"([1-9][0-9]{0,6})", namespace)
        return int(found[1]) if found else None


def settings(text: str) -> Settings:
    """KeyError when the template lacks something."""
    told = json.loads(text)
    return Settings(
        cluster=told["cluster"],
        service=told["service"],
        prefix=told["prefix"],
        group=told["group"],
        expires=timedelta(seconds=told["expires"]),
        pod_security=PodSecurity(told["podSecurity"]["level"], told["podSecurity"]["version"]),
        quota=dict(told["quota"]),
        isolate=told["isolate"] is True,
        repositories=tuple(told["repositories"]),
    )
