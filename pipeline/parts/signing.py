"""The key that signs what a build makes, and what the build and the deployers may do with it."""

from dataclasses import dataclass

from aws_cdk import Aws, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.config.service import CodeCommitSource, S3Source, Service
from pipeline.parts.policies import allow

SITES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
SIGNATURES = "sha256-*.sig"  # the tags of cosign's signatures, by ECR's wildcard


@dataclass(frozen=True)
class Signer:
    """`key` is an ARN; `source` and `builder` are what the provenance has to name."""

    key: str
    source: str
    builder: str

    @property
    def build(self) -> list[iam.PolicyStatement]:
        """It verifies as well, to know what is signed already."""
        return [allow(["kms:Sign", "kms:Verify"], self.key)]

    @property
    def deployer(self) -> list[iam.PolicyStatement]:
        return [allow(["kms:Verify"], self.key)]

    @property
    def told(self) -> dict[str, str]:
        return {"key": self.key, "source": self.source, "builder": self.builder}


def signer(scope: Construct, service: Service, build: str) -> Signer | None:
    """None where nothing is signed; `build` is the name of the project that signs."""
    if service.signing is None:
        return None
    project = f"arn:{Aws.PARTITION}:codebuild:{Aws.REGION}:{Aws.ACCOUNT_ID}:project/{build}"
    return Signer(service.signing.key or _key(scope, service.name), _source(service), project)


def _key(scope: Construct, service: str) -> str:
    """It outlives the stack, as the images do that it has signed."""
    made = kms.Key(
        scope,
        "Signing",
        alias=f"{service}-images",
        description=f"Signs images of {service} and their provenance",
        key_spec=kms.KeySpec.ECC_NIST_P256,
        key_usage=kms.KeyUsage.SIGN_VERIFY,
        removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    )
    return made.key_arn


def _source(service: Service) -> str:
    """The repository as SLSA names it."""
    source = service.source
    if isinstance(source, CodeCommitSource):
        return f"git+https://git-codecommit.{Aws.REGION}.{Aws.URL_SUFFIX}/v1/repos/{source.repository}"
    if isinstance(source, S3Source):
        return f"s3://{source.bucket}/{source.key}"
    return f"git+https://{SITES[source.host]}/{source.owner}/{source.repository}"
