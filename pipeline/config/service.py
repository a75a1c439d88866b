"""A service with every default chosen: what the stacks are made from. Paths are relative to `folder`."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster
from pipeline.config.kinds import OCI
from pipeline.config.namespaces import NamespaceRules
from pipeline.config.previews.model import Previews
from pipeline.config.window import Window


@dataclass(frozen=True)
class CodeCommitSource:
    """`folder` is the service's in the repository; empty: the repository is the service."""

    repository: str
    branch: str
    folder: str
    existing: bool  # somebody else's delivery stack, or nobody's, has made it


@dataclass(frozen=True)
class Patterns:
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class PullRequests:
    into: tuple[str, ...]  # branches
    forks: bool  # build those from forks unasked
    preview: Previews | None = None


@dataclass(frozen=True)
class ConnectedSource:
    """A repository behind a connection; `owner` is all in front of its name. `folder` as above."""

    host: Literal["github", "gitlab", "bitbucket"]
    owner: str
    repository: str
    connection: str
    branch: str
    branches: Patterns  # of a push that starts the pipeline; none: no push to a branch does
    paths: Patterns
    tags: Patterns
    folder: str
    pull_requests: PullRequests | None


@dataclass(frozen=True)
class BuildSecret:
    """A value that the build of an image gets; `key` encrypts it where that is not AWS's own."""

    name: str
    reference: str  # ssm:NAME, or a secret's name or ARN, with :KEY or without
    key: str | None


@dataclass(frozen=True)
class ImageSource:
    name: str
    context: str
    dockerfile: str  # seen from the context
    args: tuple[tuple[str, str], ...]
    secrets: tuple[BuildSecret, ...] = ()


@dataclass(frozen=True)
class CoverageGate:
    lines: int | None  # percent at least
    branches: int | None
    report: str


@dataclass(frozen=True)
class Tests:
    command: str  # empty: there are none
    reports: tuple[str, ...]
    coverage: CoverageGate | None = None


@dataclass(frozen=True)
class BuildNetwork:
    vpc: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True)
class BuildProject:
    buildspec: str | None  # None: the toolkit's own
    compute: str
    timeout: timedelta
    queue_timeout: timedelta | None = None  # None: CodeBuild's own
    network: BuildNetwork | None = None  # None: none of the user's


@dataclass(frozen=True)
class KustomizeDelivery:
    path: str


@dataclass(frozen=True)
class ManifestsDelivery:
    path: str


@dataclass(frozen=True)
class ChartDelivery:
    chart: str
    release: str
    values: tuple[str, ...]
    images: tuple[tuple[str, str], ...] = ()  # path in the values, image

    @property
    def name(self) -> str:
        """The chart's own name: of a folder, or of what is in a registry."""
        return self.chart.partition("@")[0].rpartition("/")[2].partition(":")[0]

    @property
    def files(self) -> set[str]:
        """What of it is in the service's folder."""
        return {*self.values, *(() if self.chart.startswith(OCI) else (self.chart,))}


DeliveryItem = KustomizeDelivery | ManifestsDelivery | ChartDelivery


@dataclass(frozen=True)
class ApprovalGate:
    message: str
    expires: timedelta


@dataclass(frozen=True)
class ScanGate:
    block: str  # the least severity that stops a release
    unscanned: str  # block, allow
    exceptions: str | None
    within: timedelta


@dataclass(frozen=True)
class Target:
    """One environment."""

    name: str
    namespace: str
    approval: ApprovalGate | None
    verify: str | None  # a buildspec in the service's folder
    wait: timedelta
    deliveries: tuple[DeliveryItem, ...]
    prune_share: float  # of the objects that are there: what one release may delete
    force_conflicts: bool  # take fields over from others
    other_namespaces: tuple[str, ...]  # which the release may put objects into besides its own
    window: Window | None  # when releases may enter
    on_failure: Literal["rollback", "retry", "stop"]  # what CodePipeline does when the stage fails
    soak: timedelta | None  # how long a healthy release is watched before it counts as passed
    alarms: tuple[str, ...]  # CloudWatch's, by name, that have to stay quiet meanwhile
    rules: NamespaceRules  # of its namespace


@dataclass(frozen=True)
class DeployerFunction:
    timeout: timedelta
    memory: int
    history: int  # revisions that a Helm release keeps; 0 keeps all


@dataclass(frozen=True)
class SlackChannel:
    workspace: str
    channel: str


@dataclass(frozen=True)
class TeamsChannel:
    tenant: str
    team: str
    channel: str


@dataclass(frozen=True)
class Notices:
    """Who is told of what."""

    mail: tuple[str, ...]
    slack: SlackChannel | None
    teams: TeamsChannel | None
    topic: str | None  # the ARN of one that is there already
    on: tuple[str, ...]  # failed, approval, released, rolled_back

    @property
    def chats(self) -> bool:
        return self.slack is not None or self.teams is not None


@dataclass(frozen=True)
class Watch:
    """What CloudWatch shows of the pipeline."""

    alarms: bool  # those of the notices are told
    longest: timedelta  # that an execution may take


@dataclass(frozen=True)
class Service:
    name: str
    folder: Path
    source: CodeCommitSource | ConnectedSource
    images: tuple[ImageSource, ...]
    tests: Tests
    build: BuildProject
    scan: ScanGate | None
    environments: tuple[Target, ...]
    secrets: tuple[str, ...]
    mode: Literal["superseded", "queued"]  # of the pipeline's executions
    deployer: DeployerFunction
    notices: Notices | None
    watch: Watch | None
    cluster: ClusterPlan | ExistingCluster
    carried: tuple[str, ...]  # what the Release artifact holds beside release.json
    chosen: frozenset[str]  # the keys that were left out, whose values were chosen for the user
