"""Service, prices, assumptions → what a month costs, line by line. Pure.

It counts what `pipeline.stacks` makes; a test compares the counts with the templates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.config.service import ClusterPlan, ExistingCluster, Service
from pipeline.cost.prices import Prices

HOURS = 730  # in a month, as AWS's own calculator has it
DISK = 50  # GB, of each node
NAT_GATEWAYS = 1
KEYS = 1  # of the cluster's Secrets; all else is encrypted under AWS's own keys
SMALL = "build, small"

NOT_COUNTED = (
    "load balancers and volumes of your manifests",
    "what is kept of logs and artifacts",
    "the table of releases",
    "requests",
    "CodeCommit's users beyond five",
)


@dataclass(frozen=True)
class Assumptions:
    """What a definition does not say, a month."""

    releases: int
    build_minutes: int
    deploy_minutes: int  # of each deployment, each plan and each verification
    images: int  # GB in the registry
    traffic: int  # GB through the NAT gateway
    logs: int  # GB


@dataclass(frozen=True)
class Line:
    """`quantity` is what is paid for, without what is free; a `price` of None is unknown."""

    what: str
    quantity: float
    per: str
    price: float | None
    free: float = 0

    @property
    def sum(self) -> float | None:
        return None if self.price is None else self.quantity * self.price


@dataclass(frozen=True)
class Estimate:
    service: str
    lines: tuple[Line, ...]
    more_nodes: Line | None = None  # what those beyond the least number cost, when all run
    extended: Line | None = None  # what is to be paid on top, once Kubernetes is out of standard support
    not_counted: tuple[str, ...] = NOT_COUNTED

    @property
    def total(self) -> float:
        """Of all that is known."""
        return sum(line.sum or 0 for line in self.lines)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(line.what for line in self.lines if line.price is None)


def estimate(service: Service, prices: Prices, assumed: Assumptions) -> Estimate:
    match service.cluster:
        case ExistingCluster():
            not_counted = ("the cluster, which is there already", *NOT_COUNTED)
            return Estimate(service.name, tuple(_delivery(service, prices, assumed)), not_counted=not_counted)
        case ClusterPlan() as plan:
            lines = (*_cluster(plan, prices, assumed), *_delivery(service, prices, assumed))
            return Estimate(service.name, lines, _more_nodes(plan, prices), _extended(plan, prices))


def _cluster(plan: ClusterPlan, prices: Prices, assumed: Assumptions) -> Iterator[Line]:
    yield _line(prices, "control plane", f"EKS control plane, {plan.version}", HOURS)
    yield Line(_nodes(plan.least_nodes, plan), plan.least_nodes * HOURS, "h", prices.instance(plan.node_type))
    yield _line(prices, "disk", f"their disks, {DISK} GB each", plan.least_nodes * DISK)
    yield _line(prices, "NAT gateway", "NAT gateway", NAT_GATEWAYS * HOURS)
    yield _line(prices, "NAT traffic", "traffic through it", assumed.traffic)
    yield _line(prices, "public IPv4", "its public IPv4 address", NAT_GATEWAYS * HOURS)
    yield _line(prices, "key", "KMS key of the cluster's Secrets", KEYS)


def _delivery(service: Service, prices: Prices, assumed: Assumptions) -> Iterator[Line]:
    minutes = verifications(service) * assumed.releases * assumed.deploy_minutes
    compute = f"build, {service.build.compute}"
    built = assumed.releases * assumed.build_minutes
    yield _line(prices, "pipeline", "CodePipeline, actions", _action_minutes(service, assumed))
    yield _line(prices, compute, f"CodeBuild {service.build.compute}, images", built)
    if minutes:
        spent = built if compute == SMALL else 0  # the free minutes are there once
        yield _line(prices, SMALL, "CodeBuild small, verification", minutes, spent)
    yield _line(prices, "function", "Lambda, deployers", _function_seconds(service, assumed))
    yield _line(prices, "images", "ECR, images", assumed.images)
    if service.secrets:
        yield _line(prices, "secret", "Secrets Manager, secrets", len(service.secrets) * len(service.environments))
    yield _line(prices, "logs", "CloudWatch, logs taken in", assumed.logs)


def verifications(service: Service) -> int:
    return sum(bool(target.verify) for target in service.environments)


def deployer_runs(service: Service) -> int:
    """Of one release: each environment's deployment, and a plan in front of each approval."""
    return sum(2 if target.approval else 1 for target in service.environments)


def _action_minutes(service: Service, assumed: Assumptions) -> int:
    """The source takes one; CodePipeline asks nothing for an approval."""
    others = (deployer_runs(service) + verifications(service)) * assumed.deploy_minutes
    return assumed.releases * (1 + assumed.build_minutes + others)


def _function_seconds(service: Service, assumed: Assumptions) -> float:
    """GB-seconds: a deployer runs as long as it waits."""
    gigabytes = service.deployer.memory / 1024
    return assumed.releases * deployer_runs(service) * assumed.deploy_minutes * 60 * gigabytes


def _more_nodes(plan: ClusterPlan, prices: Prices) -> Line | None:
    more = plan.most_nodes - plan.least_nodes
    price = prices.instance(plan.node_type)
    if not more:
        return None
    whole = None if price is None else price * HOURS + DISK * prices.items["disk"].price
    return Line(f"with all {plan.most_nodes} nodes", more, "one", whole)


def _extended(plan: ClusterPlan, prices: Prices) -> Line:
    standard, extended = (prices.items[name].price for name in ("control plane", "control plane, extended support"))
    return Line(f"EKS {plan.version}, extended support", HOURS, "h", extended - standard)


def _nodes(count: int, plan: ClusterPlan) -> str:
    return f"{count} node{'s' if count > 1 else ''}, {plan.node_type}"


def _line(prices: Prices, item: str, what: str, quantity: float, used: float = 0) -> Line:
    """`used` is what another line has taken of the free ones."""
    price = prices.items[item]
    free = max(0.0, price.free - used)
    return Line(what, max(0.0, quantity - free), price.per, price.price, min(free, quantity))
