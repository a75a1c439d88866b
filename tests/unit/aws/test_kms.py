"""KMS's signatures: of a message or of its digest, and the answer to a wrong one."""

import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.aws import kms as corrected

MESSAGE = b"what is signed"
DIGEST = hashlib.sha256(MESSAGE).digest()
BY = {"SigningAlgorithm": "ECDSA_SHA_256"}


@pytest.fixture
def kms() -> Iterator[Any]:
    corrected.correct()
    corrected.correct()
    with mock_aws():
        yield boto3.client("kms", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")


def key_of(kms: Any, spec: str = "ECC_NIST_P256") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])


@pytest.mark.parametrize(("first", "then"), [("RAW", "DIGEST"), ("DIGEST", "RAW"), ("RAW", "RAW")])
def test_a_message_and_its_digest_have_the_same_signatures(kms: Any, first: str, then: str) -> None:
    key, given = key_of(kms), {"RAW": MESSAGE, "DIGEST": DIGEST}
    made = kms.sign(KeyId=key, Message=given[first], MessageType=first, **BY)["Signature"]
    answer = kms.verify(KeyId=key, Message=given[then], MessageType=then, Signature=made, **BY)
    assert answer["SignatureValid"] is True


@pytest.mark.parametrize("kind", ["RAW", "DIGEST"])
def test_a_wrong_signature_is_an_error_as_on_aws(kms: Any, kind: str) -> None:
    made = kms.sign(KeyId=key_of(kms), Message=DIGEST, MessageType=kind, **BY)["Signature"]
    with pytest.raises(ClientError) as caught:
        kms.verify(KeyId=key_of(kms), Message=DIGEST, MessageType=kind, Signature=made, **BY)
    assert caught.value.response["Error"]["Code"] == "KMSInvalidSignatureException"


def test_a_digest_of_another_length_is_refused(kms: Any) -> None:
    with pytest.raises(ClientError, match="Digest is invalid length for algorithm ECDSA_SHA_256"):
        kms.sign(KeyId=key_of(kms), Message=b"short", MessageType="DIGEST", **BY)
