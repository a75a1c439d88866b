"""Signing with a key of KMS: ECDSA over SHA-256. The key never leaves KMS, and what is signed does not go there."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .fatal import Fatal
from .run import ask

ALGORITHM = "ECDSA_SHA_256"
REMEDY = "the key has to be one of ECC_NIST_P256 for SIGN_VERIFY, and its policy has to let the build's role sign"


def sign(key: str, message: bytes) -> str:
    """The signature in DER, as base64."""
    with _files(hashlib.sha256(message).digest()) as (digest,):
        asked = ask([*_command("sign", key, digest), "--query", "Signature", "--output", "text"])
    if asked.returncode:
        raise Fatal(f"cannot sign with {key}: {asked.stderr.strip()}\n{REMEDY}")
    return asked.stdout.strip()


def holds(key: str, message: bytes, signature: str) -> bool:
    """Whether `signature`, in base64, is this key's over the message."""
    try:
        given = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    with _files(hashlib.sha256(message).digest(), given) as (digest, file):
        command = [*_command("verify", key, digest), "--signature", f"fileb://{file}"]
        asked = ask([*command, "--query", "SignatureValid", "--output", "text"])
    if asked.returncode == 0:
        return asked.stdout.strip() == "True"
    if "KMSInvalidSignatureException" in asked.stderr:
        return False
    raise Fatal(f"cannot verify with {key}: {asked.stderr.strip()}\n{REMEDY}")


def _command(verb: str, key: str, digest: Path) -> list[str]:
    region = key.split(":")[3]
    return [
        "aws", "kms", verb,
        "--region", region,
        "--key-id", key,
        "--signing-algorithm", ALGORITHM,
        "--message-type", "DIGEST",
        "--message", f"fileb://{digest}",
    ]  # fmt: skip


@contextmanager
def _files(*contents: bytes) -> Iterator[list[Path]]:
    """A file for each: fileb:// means the same bytes to both versions of the AWS CLI."""
    with tempfile.TemporaryDirectory(prefix="sign-") as name:
        for number, content in enumerate(contents):
            (Path(name) / str(number)).write_bytes(content)
        yield [Path(name) / str(number) for number in range(len(contents))]
