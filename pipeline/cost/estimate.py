"""Service, prices, assumptions → what a month costs, line by line. Pure.

It counts what `pipeline.stacks` makes; a test compares the counts with the templates.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.config.cluster.endpoints import interfaces
from pipeline.config.cluster.equipment.plan import Equipment
from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster, NodeGroupPlan
from pipeline.config.conditions.plan import AlarmGate, CommandsGate, QuerySource
from pipeline.config.service import ConnectedSource, Service
from pipeline.cost.prices import Prices

HOURS = 730  # in a month, as AWS's own calculator has it
TRAFFIC = "images that nodes of other regions pull"
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
    traffic: int  # GB through the NAT gateways or the VPC endpoints
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
    through: str = ""  # where the traffic goes through
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
        case _ if not service.here:
            lines = tuple(_delivery(service, prices, assumed))
            there = ("the targets' clusters, which are there already", TRAFFIC)
            return Estimate(service.name, lines, not_counted=(*there, *_left_out(service)))
        case ExistingCluster():
            lines = tuple(_delivery(service, prices, assumed))
            return Estimate(
                service.name, lines, not_counted=("the cluster, which is there already", *_left_out(service))
            )
        case ClusterPlan() as plan:
            lines = (*_cluster(service, plan, prices, assumed), *_delivery(service, prices, assumed))
            left_out = _left_out(service)
            left_out = (*_equipment(plan.equipment), *left_out)
            if plan.auto:
                left_out = ("the machines of Auto Mode, which come with the pods", *left_out)
            if plan.scaling.karpenter:
                left_out = ("the machines that Karpenter starts, which come with the pods", *left_out)
            if plan.fargate:
                left_out = ("pods on Fargate", *left_out)
            if plan.network.existing:
                left_out = ("the network, which is there already", *left_out)
            return Estimate(
                service.name, lines, _more_nodes(plan, prices), _extended(plan, prices), _through(plan), left_out
            )


def _left_out(service: Service) -> tuple[str, ...]:
    found = list(NOT_COUNTED)
    if service.watch:
        found.append("CloudWatch's dashboard, alarms and metrics")
    gates = [gate for target in service.environments for gate in target.conditions.gates]
    if any(isinstance(gate, AlarmGate) and gate.made and isinstance(gate.made[0], QuerySource) for gate in gates):
        found.append("metrics that the alarms of queries read")
    if any(isinstance(gate, CommandsGate) for gate in gates):
        found.append("builds that run the commands of conditions")
    if service.here and any(part.at and part.at.elsewhere for part in service.parts):
        found.append(TRAFFIC)
    if isinstance(service.source, ConnectedSource) and service.source.pull_requests:
        found.append("builds of pull requests")
    if service.build.docker_server:
        found.append("the docker server")
    if service.registry.copies:
        found.append("copies of images elsewhere, and the way there")
    if service.registry.harbor:
        found.append("Harbor")
    if _previews(service):
        found.append("previews: their builds, images and pods")
    return tuple(found)


def _previews(service: Service) -> bool:
    source = service.source
    return isinstance(source, ConnectedSource) and bool(source.pull_requests and source.pull_requests.preview)


def _equipment(made: Equipment) -> Iterator[str]:
    """All of it by use."""
    if made.efs:
        yield "files in EFS, their traffic and their backups"
    if made.insights:
        yield "Container Insights" + (" and traces" if made.insights.traces else "")
    if made.prometheus:
        yield "Prometheus' collector, samples and queries"
    if made.zones:
        yield "Route 53's queries"


def _cluster(service: Service, plan: ClusterPlan, prices: Prices, assumed: Assumptions) -> Iterator[Line]:
    yield _line(prices, "control plane", f"EKS control plane, {plan.version}", HOURS)
    for group in plan.nodes:
        if group.least:
            yield Line(_nodes(group), group.least * HOURS, "h", prices.instance(group.types[0]))
            yield _line(prices, "disk", f"their disks, {group.disk} GB each", group.least * group.disk)
    yield from _ways_out(service, plan, prices, assumed)
    if not plan.secrets_key:
        yield _line(prices, "key", "KMS key of the cluster's Secrets", 1)


def _ways_out(service: Service, plan: ClusterPlan, prices: Prices, assumed: Assumptions) -> Iterator[Line]:
    """The traffic is counted at NAT gateways where there are some, and at endpoints otherwise."""
    gateways, names = plan.network.gateways, interfaces(service)
    if gateways:
        several = gateways > 1
        yield _line(prices, "NAT gateway", f"{gateways} NAT gateways" if several else "NAT gateway", gateways * HOURS)
        yield _line(prices, "NAT traffic", f"traffic through {'them' if several else 'it'}", assumed.traffic)
        addresses = "their public IPv4 addresses" if several else "its public IPv4 address"
        yield _line(prices, "public IPv4", addresses, gateways * HOURS)
    if names:
        what = f"{len(names)} VPC endpoint{'s' if len(names) > 1 else ''} in {plan.network.zones} zones"
        yield _line(prices, "VPC endpoint", what, len(names) * plan.network.zones * HOURS)
    if names and not gateways:
        yield _line(prices, "endpoint traffic", "traffic through them", assumed.traffic)


def _through(plan: ClusterPlan) -> str:
    if plan.network.existing:
        return ""
    return {"one": "the NAT gateway", "each": "NAT gateways", "none": "VPC endpoints"}[plan.network.nat]


def _delivery(service: Service, prices: Prices, assumed: Assumptions) -> Iterator[Line]:
    minutes = verifications(service) * assumed.releases * assumed.deploy_minutes
    compute = f"build, {'arm ' if service.build.arm else ''}{service.build.compute}"
    built = assumed.releases * assumed.build_minutes
    yield _line(prices, "pipeline", "CodePipeline, actions", _action_minutes(service, assumed))
    yield _line(prices, compute, f"CodeBuild {service.build.compute}, images", built)
    spent = built if compute == SMALL else 0  # the free minutes are there once
    if steps := assumed.releases * len(service.build.steps):
        yield _line(prices, SMALL, "CodeBuild small, steps of a minute", steps, spent)
        spent += steps
    if minutes:
        yield _line(prices, SMALL, "CodeBuild small, verification", minutes, spent)
    if service.by_action:  # of CodeBuild's, on a machine that CodePipeline chooses
        applied = len(service.parts) * assumed.releases * assumed.deploy_minutes
        spent = (built if compute == SMALL else 0) + minutes
        yield _line(prices, SMALL, "CodeBuild small, CodePipeline's EKS action", applied, spent)
    else:
        yield _line(prices, "function", "Lambda, deployers", _function_seconds(service, assumed))
    if not service.registry.harbor:
        yield _line(prices, "images", "ECR, images", assumed.images)
    if service.registry.makes_key:
        yield _line(prices, "key", "KMS key of the images", 1)
    if service.notices and (service.notices.mail or service.notices.chats):
        yield _line(prices, "key", "KMS key of what is told", 1)
    if service.signing and service.signing.key is None:
        yield _line(prices, "key", "KMS key of signatures", 1)
    if service.secrets:
        places = len(service.environments) + (1 if _previews(service) else 0)
        yield _line(prices, "secret", "Secrets Manager, secrets", len(service.secrets) * places)
    if alarms := sum(target.conditions.alarms_made for target in service.environments):
        yield _line(prices, "alarm", "CloudWatch, alarms of conditions", alarms)
    yield _line(prices, "logs", "CloudWatch, logs taken in", assumed.logs)


def verifications(service: Service) -> int:
    return sum(bool(part.verify) for part in service.parts)


def deployer_runs(service: Service) -> int:
    """Of one release: each environment's deployment, at each of its targets, and a plan in front of each approval;
    where CodePipeline's EKS action deploys, its runs."""
    return sum(2 if part.approval and not service.by_action else 1 for part in service.parts)


def _action_minutes(service: Service, assumed: Assumptions) -> int:
    """The source and each step take one; CodePipeline asks nothing for an approval."""
    others = (deployer_runs(service) + verifications(service)) * assumed.deploy_minutes
    return assumed.releases * (1 + len(service.build.steps) + assumed.build_minutes + others)


def _function_seconds(service: Service, assumed: Assumptions) -> float:
    """GB-seconds: a deployer runs as long as it waits."""
    gigabytes = service.deployer.memory / 1024
    return assumed.releases * deployer_runs(service) * assumed.deploy_minutes * 60 * gigabytes


def _more_nodes(plan: ClusterPlan, prices: Prices) -> Line | None:
    """The price is the mean of the groups'."""
    more = sum(group.most - group.least for group in plan.nodes)
    if not more:
        return None
    sums = [_whole_node(group, prices) for group in plan.nodes for _ in range(group.most - group.least)]
    known = [each for each in sums if each is not None]
    mean = sum(known) / more if len(known) == more else None
    return Line(f"with all {sum(group.most for group in plan.nodes)} nodes", more, "one", mean)


def _whole_node(group: NodeGroupPlan, prices: Prices) -> float | None:
    price = prices.instance(group.types[0])
    return None if price is None else price * HOURS + group.disk * prices.items["disk"].price


def _extended(plan: ClusterPlan, prices: Prices) -> Line:
    standard, extended = (prices.items[name].price for name in ("control plane", "control plane, extended support"))
    return Line(f"EKS {plan.version}, extended support", HOURS, "h", extended - standard)


def _nodes(group: NodeGroupPlan) -> str:
    """Spot is cheaper, by how much nobody can say."""
    spot = ", as if not spot" if group.spot else ""
    return f"{group.least} node{'s' if group.least > 1 else ''}, {group.types[0]}{spot}"


def _line(prices: Prices, item: str, what: str, quantity: float, used: float = 0) -> Line:
    """`used` is what another line has taken of the free ones. What is not in the table has no price."""
    price = prices.items.get(item)
    if price is None:
        return Line(what, quantity, "min" if item.startswith("build") else "one", None)
    free = max(0.0, price.free - used)
    return Line(what, max(0.0, quantity - free), price.per, price.price, min(free, quantity))
