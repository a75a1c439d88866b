"""A service with every default chosen: what the stacks are made from. Paths are relative to `folder`."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pipeline.config.bases.plan import Base
from pipeline.config.builders.plan import DockerServer, Step
from pipeline.config.cluster.instances import Architecture
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster
from pipeline.config.conditions.plan import NONE, Conditions
from pipeline.config.freeze import FrozenTime
from pipeline.config.gitops.plan import GitOpsPlan
from pipeline.config.kinds import OCI
from pipeline.config.namespaces import NamespaceRules
from pipeline.config.previews.model import Previews
from pipeline.config.registry.plan import PULL_SECRET, RegistryPlan
from pipeline.config.rollout.plan import RolloutPlan
from pipeline.config.signing import Signing
from pipeline.config.targets.plan import Place
from pipeline.config.window import Window


@dataclass(frozen=True)
class CodeCommitSource:
    """`folder` is the service's in the repository; empty: the repository is the service."""

    repository: str
    branch: str
    folder: str
    existing: bool  # somebody else's delivery stack, or nobody's, has made it
    bases: tuple[Base, ...] = ()


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
    bases: tuple[Base, ...] = ()


@dataclass(frozen=True)
class S3Source:
    """A zip in a bucket. `folder` as above."""

    bucket: str
    key: str
    folder: str
    existing: bool  # the bucket is there already
    bases: tuple[Base, ...] = ()


Source = CodeCommitSource | ConnectedSource | S3Source


@dataclass(frozen=True)
class SecretReference:
    """A value that the team keeps, by the name under which somebody gets it; `key` encrypts it where that is not AWS's
    own."""

    name: str
    reference: str  # ssm:NAME, or a secret's name or ARN, with :KEY or without
    key: str | None
    restart: bool = False  # a new value comes by itself, and restarts what uses it


@dataclass(frozen=True)
class ImageSource:
    name: str
    context: str
    dockerfile: str  # seen from the context
    args: tuple[tuple[str, str], ...]
    secrets: tuple[SecretReference, ...] = ()
    platforms: tuple[Architecture, ...] = ("amd64",)


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
    arm: bool = False  # on Arm machines
    cache: bool = False  # layers are kept in ECR
    docker_server: DockerServer | None = None  # that builds the images; None: the build's own engine
    steps: tuple[Step, ...] = ()  # in front of it


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
    pushed: bool = False  # by the build, into a repository of its own, which it is released from

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
    freeze: tuple[FrozenTime, ...]  # when nothing new is released
    secrets: tuple[SecretReference, ...]  # that its namespace gets besides the generated ones
    rollout: RolloutPlan | None = None  # how traffic goes over to a new version; None: with its pods
    gitops: GitOpsPlan | None = None  # releases are commits; None: `deliveries` are applied
    conditions: Conditions = NONE  # that CodePipeline asks around its stage
    targets: tuple[Place, ...] = ()  # that it is released to; none: the service's own cluster
    at: Place | None = None  # of one part of it: the target that the part is for

    @property
    def parts(self) -> "tuple[Target, ...]":
        """The environment as it is at each of its targets; itself where it has none."""
        return tuple(replace(self, namespace=each.namespace, targets=(), at=each) for each in self.targets) or (self,)

    @property
    def watched(self) -> tuple[str, ...]:
        """The alarms that its deployer reads."""
        return tuple(dict.fromkeys([*self.alarms, *(self.rollout.alarms if self.rollout else ())]))

    @property
    def key(self) -> str:
        """The name that AWS's resources of one part carry."""
        return f"{self.name}-{self.at.name}" if self.at else self.name

    @property
    def label(self) -> str:
        """The part's name for people, in the ledger and in metrics."""
        return f"{self.name}/{self.at.name}" if self.at else self.name

    def is_on(self, cluster: str) -> bool:
        """Whether a part is on the service's own cluster."""
        return self.at is None or (not self.at.elsewhere and self.at.cluster == cluster)


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
    source: Source
    images: tuple[ImageSource, ...]
    tests: Tests
    build: BuildProject
    scan: ScanGate | None
    signing: Signing | None  # of what the build makes; None: it is not signed
    environments: tuple[Target, ...]
    secrets: tuple[str, ...]  # generated ones
    mode: Literal["superseded", "queued"]  # of the pipeline's executions
    deployer: DeployerFunction
    notices: Notices | None
    watch: Watch | None
    cluster: ClusterPlan | ExistingCluster
    carried: tuple[str, ...]  # what the Release artifact holds beside release.json
    sbom: bool  # of each image, in the Release artifact
    chosen: frozenset[str]  # the keys that were left out, whose values were chosen for the user
    registry: RegistryPlan
    by_action: bool = False  # CodePipeline's EKS action deploys; there are no deployers

    @property
    def filled(self) -> tuple[str, ...]:
        """The Secrets in an environment's namespace that its deployer fills."""
        return (*self.secrets, *((PULL_SECRET.format(service=self.name),) if self.registry.harbor else ()))

    @property
    def pushed(self) -> dict[str, str]:
        """The folders of the charts that the build pushes, by name."""
        items = (item for target in self.environments for item in target.deliveries)
        return {item.name: item.chart for item in items if isinstance(item, ChartDelivery) and item.pushed}

    @property
    def parts(self) -> tuple[Target, ...]:
        """What a release is deployed to, one by one."""
        return tuple(part for target in self.environments for part in target.parts)

    @property
    def here(self) -> tuple[Target, ...]:
        """The parts that are on the service's own cluster, made or not; where there are none, nothing is made."""
        return tuple(part for part in self.parts if part.is_on(self.cluster.name))

    @property
    def apart(self) -> tuple[Target, ...]:
        """The parts that are on other clusters, each of which has a stack of its own."""
        return tuple(part for part in self.parts if not part.is_on(self.cluster.name))
