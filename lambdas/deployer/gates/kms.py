"""Signatures of images as ECR keeps them, and what KMS says of a signature."""

import hashlib
from typing import Any, Protocol

from deployer.aws import failed
from deployer.bump.references import Image
from deployer.errors import Unavailable
from deployer.gates.signature import tag_of
from deployer.target import Target
from deployer.values import dataclass

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ALGORITHM = "ECDSA_SHA_256"


class Clients(Protocol):
    def of(self, service: str, region: str | None = None) -> Any:
        """boto3's client."""


def signatures_of(target: Target, clients: Clients, ecr: Any) -> "KmsSignatures | None":
    """None where the target asks for none."""
    if target.sign is None:
        return None
    return KmsSignatures(ecr, clients.of("kms", target.sign.key.split(":")[3]), target.sign.key)


@dataclass(frozen=True)
class KmsSignatures:
    """`ecr` and `kms` are boto3's clients, of the key's region the second; `key` is an ARN."""

    ecr: Any
    kms: Any
    key: str

    def of(self, image: Image) -> str | None:
        """The manifest of an image's signatures; None when there is none. Any other refusal of ECR's is Fatal."""
        from botocore.exceptions import BotoCoreError, ClientError

        subject = f"signature of image {image.name}"
        try:
            answer = self.ecr.batch_get_image(
                registryId=image.host.partition(".")[0],
                repositoryName=image.path,
                imageIds=[{"imageTag": tag_of(image)}],
                acceptedMediaTypes=[MANIFEST],
            )
        except ClientError as error:
            raise failed(error, subject) from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=subject) from error
        return next((str(each["imageManifest"]) for each in answer["images"]), None)

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the key has signed the message; Fatal when KMS cannot say: the key is disabled, or not for this."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.kms.verify(
                KeyId=self.key,
                Message=hashlib.sha256(message).digest(),
                MessageType="DIGEST",
                Signature=signature,
                SigningAlgorithm=ALGORITHM,
            )
        except ClientError as error:
            if error.response["Error"].get("Code") == "KMSInvalidSignatureException":
                return False
            raise failed(error, f"key {self.key}") from error
        except BotoCoreError as error:
            raise Unavailable(str(error), subject=f"key {self.key}") from error
        return answer["SignatureValid"] is True
