"""A namespace of its own for each pull request that asks for it, and how long it stays."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Discriminator, StrictBool, Tag

from pipeline.config.base import Model
from pipeline.config.kinds import Name, Within, yes_no_or_how
from pipeline.config.namespaces import NamespaceRules, Quota, rules


class Preview(Model):
    """A pull request that asks for it is deployed into the namespace `<service>-pr-<number>`, by a project, functions
    and repositories that are the previews' own; the namespace and its images go when it is closed or merged. It gets no
    secret of an environment; a service whose images need secrets to be built has no previews. Never for a fork. At
    GitHub alone: nowhere else does AWS document that CodeBuild itself tells which pull request a build is of."""

    when: Literal["asked", "always"] = "asked"
    """`asked`: the message of the pull request's last commit has `[preview]` in it, or its branch's name begins with
    `preview/`. `always`: each one."""
    like: Name | None = None
    """The environment whose manifests, charts and values, and whose `timeout`, a preview gets; the first when it is
    left out. Its kustomization must not name its namespace."""
    expires: Annotated[timedelta, Within("1h", "30d", by="Shipline")] = timedelta(days=3)
    """How long a preview stays after its last deployment, though its pull request is still open. It is looked for
    every hour. ECR deletes its images a day after that, whatever became of it."""
    quota: Quota = Quota(cpu="2", memory="4Gi", pods=20)
    """How much the pods of one preview may ask for; 2 CPUs, 4Gi of memory and 20 pods when it is left out."""
    pod_security: Literal["restricted", "baseline"] = "baseline"
    """The Pod Security Standard that its namespace enforces."""
    isolate: StrictBool = True
    """A NetworkPolicy for its pods, as an environment's `isolate` is. The branch's own NetworkPolicies may allow
    more."""


PreviewOrNot = Annotated[
    Annotated[Preview, Tag("<how>")] | Annotated[StrictBool, Tag("<yes-or-no>")], Discriminator(yes_no_or_how)
]


@dataclass(frozen=True)
class Previews:
    when: Literal["asked", "always"]
    like: str  # an environment
    expires: timedelta
    rules: NamespaceRules


def resolve(wanted: Preview | bool, first: str) -> Previews | None:
    """`first`: the environment that is taken where none is named."""
    if not wanted:
        return None
    how = wanted if isinstance(wanted, Preview) else Preview()
    return Previews(how.when, how.like or first, how.expires, rules(how.pod_security, how.quota, how.isolate))


def prefix(service: str) -> str:
    """Of the namespaces of its previews: the number of the pull request follows."""
    return f"{service}-pr-"
