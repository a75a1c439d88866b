"""What all environments of one service share, handed to each."""

from dataclasses import dataclass

from aws_cdk import Aws, aws_dynamodb, aws_lambda

from pipeline.parts.artifacts import Artifacts
from pipeline.parts.inside import Inside
from pipeline.parts.repositories import Repositories
from pipeline.parts.signing import Signer


@dataclass(frozen=True)
class ClusterName:
    """The cluster, known by its name: the delivery stack needs nothing else of the cluster stack. Account and region
    are the stack's own where they are None."""

    name: str
    account: str | None = None
    region: str | None = None

    @property
    def arn(self) -> str:
        return (
            f"arn:{Aws.PARTITION}:eks:{self.region or Aws.REGION}:{self.account or Aws.ACCOUNT_ID}:cluster/{self.name}"
        )


@dataclass(frozen=True)
class Deployers:
    """What the functions that deploy are made of, and where they write."""

    ledger: aws_dynamodb.ITable
    code: aws_lambda.Code  # the deployer's zip
    tools: aws_lambda.ILayerVersion  # helm and kubectl


@dataclass(frozen=True)
class Shared:
    cluster: ClusterName
    artifacts: Artifacts
    repositories: Repositories
    inside: Inside | None  # where what reaches the cluster has to run
    signer: Signer | None  # of what is released; None: nothing is signed
    functions: Deployers | None  # None: CodePipeline's EKS action deploys
    charts: Repositories | None = None  # of the charts that the build pushes; None: it pushes none

    @property
    def deployers(self) -> Deployers:
        """Of a service that has them."""
        assert self.functions is not None
        return self.functions
