"""Everything that a release needs, built once from the environment and handed in: nothing else reads either."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.aws import EcrRegistry, S3Artifact, SecretsManager, endpoint
from deployer.helm.record import Records
from deployer.inventory import Inventory
from deployer.job import Answers, Job
from deployer.kube.client import Kube
from deployer.kube.resources import Resources
from deployer.kube.token import AwsKeys, EksToken
from deployer.kube.verbs import Cluster
from deployer.ledger import Ledger
from deployer.log import Log
from deployer.redact import Redactor
from deployer.render import Tools
from deployer.store import Store
from deployer.target import Target, read_target
from deployer.world import World


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


@dataclass(frozen=True)
class Composed:
    """What there is before a cluster is spoken to: enough to answer the job whatever happens."""

    clients: Clients
    answers: Answers
    redactor: Redactor
    log: Log


def compose() -> Composed:
    """The environment's AWS names are boto3's own to read."""
    redactor = Redactor()
    clients = Clients.open()
    answers = Answers(clients.of("codepipeline"), redactor.clean)
    return Composed(clients, answers, redactor, Log(redactor, sys.stdout))


def compose_world(base: Composed, environ: Mapping[str, str]) -> World:
    """The target's world; the first calls to EKS and to the cluster."""
    target = read_target(environ.get("SHIPLINE_TARGET", "{}"))
    clients = base.clients
    identity = f"function {environ.get('AWS_LAMBDA_FUNCTION_NAME', 'deployer')}'s role"
    where = endpoint(clients.of("eks", target.region), target.cluster, identity)
    kube = Kube(where, EksToken(clients.keys, target.region, target.cluster))
    return world_of(base, target, kube)


def world_of(base: Composed, target: Target, kube: Kube) -> World:
    """The world around a cluster that is spoken to already: the command line comes in here with a kubeconfig's."""
    clients = base.clients
    try:
        cluster, version = Cluster(kube, Resources(kube)), str(kube.get("/version")["gitVersion"])
    except BaseException:
        kube.close()
        raise
    return World(
        target=target,
        cluster=cluster,
        kube_version=version,
        inventory=Inventory(kube, target.service, target.namespace),
        store=Store(kube, target.service, target.namespace),
        records=Records(kube, target.namespace),
        ledger=Ledger(clients.of("dynamodb"), target.ledger, target.service, target.environment),
        registry=EcrRegistry(clients.of("ecr", target.region)),
        vault=SecretsManager(clients.of("secretsmanager"), target.secrets),
        tools=Tools(),
        redactor=base.redactor,
        log=base.log,
    )


def artifact_of(job: Job, clients: Clients) -> S3Artifact:
    """The job's input artifact, read with the job's own credentials; encrypted buckets demand SigV4."""
    from botocore.config import Config

    # Of the same session, which has read botocore's data already: a session of its own would read it again.
    client = clients.session.client(
        "s3",
        aws_access_key_id=job.keys.access_key,
        aws_secret_access_key=job.keys.secret_key,
        aws_session_token=job.keys.session_token or None,
        config=Config(signature_version="s3v4"),
    )
    return S3Artifact(client, job.artifact)
