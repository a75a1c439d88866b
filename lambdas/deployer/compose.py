"""Everything that a release needs, built once from the environment and handed in: nothing else reads either."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from deployer.arrival import Arrival
from deployer.aws import EcrRegistry, S3Artifact, ecr_basic, endpoint
from deployer.gates.alarms import CloudWatchAlarms
from deployer.gates.ecr import EcrScans
from deployer.gates.kms import signatures_of
from deployer.job import Answers, Artifact, Job
from deployer.kube.client import Kube
from deployer.kube.token import AwsKeys, EksToken
from deployer.ledger.dynamodb import DynamoLedger
from deployer.log import Log
from deployer.reach import Reach, identity_of
from deployer.redact import Redactor
from deployer.render import Tools
from deployer.taken import keys_of
from deployer.target import Role, Target, read_target
from deployer.values import dataclass
from deployer.vault import Vault
from deployer.world import Edges, Marks, World, world_around

if TYPE_CHECKING:
    from deployer.charts.registry import Registries
    from deployer.gitops.site import Site


@dataclass(frozen=True)
class Clients:
    """boto3, loaded late, and one session of it."""

    session: Any

    @classmethod
    def open(cls) -> "Clients":
        import boto3

        return cls(boto3.Session())

    def of(self, service: str, region: str | None = None) -> Any:
        return self.session.client(service, region_name=region)

    def keys(self) -> AwsKeys:
        """The role's present keys."""
        found = self.session.get_credentials().get_frozen_credentials()
        return AwsKeys(found.access_key, found.secret_key, found.token or "")

    def taking(self, role: Role, session: str, told: Callable[[list[str]], None]) -> "Clients":
        """The same as the role; `told` hears of its keys before they are used."""
        import boto3

        keys = keys_of(self.of("sts"), role, session)
        told([keys.secret_key, keys.session_token])
        return Clients(boto3.Session(keys.access_key, keys.secret_key, keys.session_token))


@dataclass(frozen=True)
class Composed:
    """What there is before a cluster is spoken to: enough to answer the job whatever happens."""

    clients: Clients
    answers: Answers
    redactor: Redactor
    log: Log
    reach: Reach | None = None  # the cluster, where it was spoken to already


def compose(reached: Reach | None = None) -> Composed:
    """The environment's AWS names are boto3's own to read."""
    redactor = Redactor()
    clients = Clients.open()
    answers = Answers(clients.of("codepipeline"), redactor.clean)
    return Composed(clients, answers, redactor, Log(redactor, sys.stdout), reached)


def compose_world(base: Composed, environ: Mapping[str, str]) -> "World | Site":
    """The target's world; the first calls to EKS and to the cluster. Where a release is a commit, its site."""
    target = read_target(environ.get("SHIPLINE_TARGET", "{}"))
    clients = base.clients
    if base.reach and (found := base.reach.answer(base.redactor.learn)):
        return world_of(base, target, found.kube, found.arrival)
    identity = identity_of(environ)
    if target.role:
        session = environ.get("AWS_LAMBDA_FUNCTION_NAME", "deployer")
        clients, identity = clients.taking(target.role, session, base.redactor.learn), f"role {target.role.arn}"
    where = endpoint(clients.of("eks", target.region), target.cluster, identity)
    kube = Kube(where, EksToken(clients.keys, target.region, target.cluster, told=base.redactor.learn))
    if target.gitops:
        from deployer.gitops.site import site_of

        return site_of(base, target, target.gitops, kube)
    return world_of(base, target, kube)


def world_of(base: Composed, target: Target, kube: Kube, arrival: Arrival | None = None) -> World:
    """The world of the function around its cluster."""
    clients = base.clients
    ecr = clients.of("ecr", None if target.role else target.region)  # images are where the function is
    table = clients.of("dynamodb")
    edges = Edges(
        ledger=DynamoLedger(table, target.ledger, target.service, target.environment, target=target.name),
        registry=EcrRegistry(ecr),
        vault=Vault(clients.of, target.secrets, target.restart),
        tools=Tools(),
        scans=EcrScans(ecr, indexes=target.scan.indexes) if target.scan else None,
        signatures=signatures_of(target, clients, ecr),
        alarms=CloudWatchAlarms(clients.of("cloudwatch")) if target.watched else None,
        charts=lambda: _registries(target, ecr),
        marks=_marks(target, ecr),
    )
    if target.harbor:
        from deployer.harbor.edges import in_harbor

        edges = in_harbor(edges, target, clients.of("secretsmanager"), base.redactor.learn)
    return world_around(kube, target, edges, base.redactor, base.log, arrival)


def _marks(target: Target, ecr: Any) -> Marks | None:
    if not target.keep:
        return None
    from deployer.keeping import EcrMarks

    return EcrMarks(ecr, target.label.replace("/", "-"), tuple(target.images.values()))


def _registries(target: Target, ecr: Any) -> "Registries":
    from deployer.charts.registry import Registries

    return Registries(target.registries, ecr_basic(ecr))


def artifact_of(job: Job, clients: Clients, which: Artifact | None = None) -> S3Artifact:
    """One of the job's artifacts, its release by default, by the job's own credentials; encrypted ones demand SigV4."""
    from botocore.config import Config

    # Of the same session, which has read botocore's data already: a session of its own would read it again.
    client = clients.session.client(
        "s3",
        aws_access_key_id=job.keys.access_key,
        aws_secret_access_key=job.keys.secret_key,
        aws_session_token=job.keys.session_token or None,
        config=Config(signature_version="s3v4"),
    )
    return S3Artifact(client, which or job.artifact, job.encryption)
