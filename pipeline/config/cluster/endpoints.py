"""Which VPC endpoints a cluster's network gets: the way to AWS's services where there is no way out. Pure.

Not needed: `kms` for what is encrypted, since S3 and Secrets Manager decrypt by themselves; `sns`, since EventBridge
and alarms publish; `sts`, whose tokens for the cluster are signed without a call.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.config.cluster.plan import ClusterPlan, ExistingCluster
from pipeline.config.kinds import is_parameter
from pipeline.config.service import ConnectedSource, Service

GATEWAYS = ("dynamodb", "s3")  # free, and entries of route tables


@dataclass(frozen=True)
class Need:
    service: str  # as its endpoint names it
    why: str
    when: Callable[[Service, ClusterPlan], bool]


def _always(_service: Service, _plan: ClusterPlan) -> bool:
    return True


def _inside(_service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside


def _verified(service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside and any(target.verify for target in service.here)


def _watched(service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside and any(target.watched for target in service.here)


def _references(service: Service) -> list[str]:
    return [secret.reference for target in service.here for secret in target.secrets]


def _secret(service: Service, plan: ClusterPlan) -> bool:
    kept = any(not is_parameter(each) for each in _references(service))
    return plan.from_inside and (bool(service.secrets) or kept)


def _parameter(service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside and any(map(is_parameter, _references(service)))


def _by_commit(service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside and any(target.gitops for target in service.here)


def _fargate(_service: Service, plan: ClusterPlan) -> bool:
    return bool(plan.fargate)


def _signed(service: Service, plan: ClusterPlan) -> bool:
    return plan.from_inside and service.signing is not None


def _previewed(service: Service, plan: ClusterPlan) -> bool:
    source = service.source
    asked = source.pull_requests if isinstance(source, ConnectedSource) else None
    return plan.from_inside and bool(asked and asked.preview)


def _identities(_service: Service, plan: ClusterPlan) -> bool:
    return plan.equipment.addon("eks-pod-identity-agent") is not None


def _efs(_service: Service, plan: ClusterPlan) -> bool:
    return plan.equipment.efs


def _balanced(_service: Service, plan: ClusterPlan) -> bool:
    return plan.equipment.load_balancers


def _karpenter(_service: Service, plan: ClusterPlan) -> bool:
    return plan.scaling.karpenter


def _autoscaled(_service: Service, plan: ClusterPlan) -> bool:
    return plan.scaling.autoscaler


def _insights(_service: Service, plan: ClusterPlan) -> bool:
    return plan.equipment.insights is not None


NEEDS = (
    Need("s3", "ECR keeps the layers of images there; releases and CloudFormation's answers go there", _always),
    Need("ecr.api", "nodes ask for the right to pull; deployers look digests and scans up", _always),
    Need("ecr.dkr", "nodes pull images", _always),
    Need("ec2", "nodes learn their names, and the network add-on asks for pods' addresses", _always),
    Need("sts", "pods on Fargate get their credentials by it", _fargate),
    Need("eks", "what reaches the cluster looks up where it is", _inside),
    Need("codepipeline", "deployers tell how their job went", _inside),
    Need("dynamodb", "the ledger", _inside),
    Need("secretsmanager", "deployers read the service's secrets", _secret),
    Need("ssm", "deployers read parameters", _parameter),
    Need("codecommit", "deployers commit to the configuration repository", _by_commit),
    Need("kms", "deployers verify signatures", _signed),
    Need("lambda", "previews' deployer asks for their namespaces", _previewed),
    Need("codebuild", "previews' deployer asks which pull request a build is of", _previewed),
    Need("monitoring", "deployers look at alarms while a release soaks, or a canary stands", _watched),
    Need("logs", "verifying builds write their logs", _verified),
    Need("eks-auth", "add-ons get their roles", _identities),
    Need("elasticfilesystem", "the EFS driver makes access points", _efs),
    Need("elasticloadbalancing", "the load balancer controller makes load balancers", _balanced),
    Need("eks", "Karpenter looks up where the cluster is", _karpenter),
    Need("sqs", "Karpenter hears of interruptions", _karpenter),
    Need("ssm", "Karpenter looks up AWS's newest images", _karpenter),
    Need("autoscaling", "the Cluster Autoscaler changes how many nodes there are", _autoscaled),
    Need("eks", "the Cluster Autoscaler asks what nodes of an empty group would be like", _autoscaled),
    Need("logs", "Container Insights writes what containers say", _insights),
    Need("monitoring", "Container Insights tells its metrics", _insights),
    Need("codebuild", "verifying builds hand in their test reports", _verified),
)


def endpoints(service: Service) -> tuple[str, ...]:
    """By name; those that are needed come first."""
    plan = service.cluster
    if isinstance(plan, ExistingCluster) or plan.network.existing:
        return ()
    needed = [need.service for need in NEEDS if plan.network.nat == "none" and need.when(service, plan)]
    return tuple(dict.fromkeys([*needed, *plan.network.endpoints]))


def interfaces(service: Service) -> tuple[str, ...]:
    """Those that are paid for."""
    return tuple(name for name in endpoints(service) if name not in GATEWAYS)
