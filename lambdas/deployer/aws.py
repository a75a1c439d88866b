"""AWS's side of a release: the artifact, the cluster's address, the registry."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from deployer.artifact import unpack
from deployer.bump.references import Image
from deployer.errors import Fatal, Unavailable
from deployer.job import Artifact
from deployer.kube.client import Endpoint
from deployer.values import dataclass

LARGEST_ARTIFACT = 128 * 1024 * 1024


def failed(error: Any, subject: str) -> Fatal:
    """AWS's refusal, with who was refused what in AWS's own words."""
    code = str(error.response["Error"].get("Code", ""))
    denied = "AccessDenied" in code or code in ("AccessDeniedException", "Forbidden", "403")
    return Fatal(
        f"{code}: {error.response['Error'].get('Message', '')}",
        subject=subject,
        remedy="The function's role lacks the right: deploy the stack again (`cdk deploy --all`)." if denied else "",
        kind="PermissionError" if denied else "ConfigurationError",
    )


@dataclass
class S3Artifact:
    """An artifact of the job, reached with the job's own credentials. `client` is boto3's for S3.

    `seal` names what was read, by its bytes: another object in the same place has another one.
    """

    client: Any
    artifact: Artifact
    encryption: str = ""
    _seal: str = ""

    def fetch(self, folder: Path) -> None:
        unpack(self.read("the input artifact"), folder)

    def read(self, subject: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self.client.get_object(Bucket=self.artifact.bucket, Key=self.artifact.key)
            if int(found["ContentLength"]) > LARGEST_ARTIFACT:
                raise Fatal(f"larger than {LARGEST_ARTIFACT // 2**20} MiB.", subject=subject)
            data: bytes = found["Body"].read()
        except ClientError as error:
            raise failed(error, subject) from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=subject) from error
        version = str(found.get("VersionId") or "")
        self._seal = f"sha256:{hashlib.sha256(data).hexdigest()}{' ' + version if version not in ('', 'null') else ''}"
        return data

    def seal(self) -> str:
        """`sha256:<hex>`, and the version where the bucket gives one; reads the object when nobody has."""
        if not self._seal:
            self.read("the input artifact")
        return self._seal

    def write(self, data: bytes) -> None:
        """Put a zip there."""
        from botocore.exceptions import BotoCoreError, ClientError

        options = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.encryption} if self.encryption else {}
        where = {"Bucket": self.artifact.bucket, "Key": self.artifact.key}
        try:
            self.client.put_object(**where, Body=data, ContentType="application/zip", **options)
        except ClientError as error:
            raise failed(error, "the output artifact") from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject="the output artifact") from error


def endpoint(client: Any, cluster: str, identity: str) -> Endpoint:
    """Where the cluster answers, and the authority that its certificate must come from."""
    from botocore.exceptions import ClientError

    try:
        found = client.describe_cluster(name=cluster)["cluster"]
    except ClientError as error:
        raise failed(error, f"cluster {cluster}") from error
    if found.get("status") not in (None, "ACTIVE", "UPDATING") or not found.get("endpoint"):
        raise Unavailable(f"it is {found.get('status')}.", subject=f"cluster {cluster}")
    return Endpoint(found["endpoint"], base64.b64decode(found["certificateAuthority"]["data"]).decode(), identity)


@dataclass(frozen=True)
class EcrRegistry:
    """`client` is boto3's for ECR."""

    client: Any

    def check(self, images: Iterable[Image]) -> None:
        """Fatal for an image whose digest the registry does not hold."""
        from botocore.exceptions import ClientError

        for image in images:
            account = image.host.partition(".")[0]
            try:
                self.client.describe_images(
                    registryId=account, repositoryName=image.path, imageIds=[{"imageDigest": image.digest}]
                )
            except ClientError as error:
                if error.response["Error"].get("Code") == "ImageNotFoundException":
                    raise Fatal(
                        f"the registry has no {image.pinned}.",
                        subject=f"image {image.name}",
                        remedy="It was deleted, or never pushed: build the commit again.",
                    ) from error
                raise failed(error, f"image {image.name}") from error


def ecr_basic(client: Any) -> Callable[[str], str]:
    """What Basic authorization of ECR's own HTTP API carries, by host. `client` is boto3's for ECR."""

    def basic(host: str) -> str:
        from botocore.exceptions import ClientError

        try:
            return str(client.get_authorization_token()["authorizationData"][0]["authorizationToken"])
        except ClientError as error:
            raise failed(error, f"registry {host}") from error

    return basic
