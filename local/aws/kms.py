"""KMS's own rules where moto's differ: a message may be a digest already, and a wrong signature is an error."""

import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse
from moto.kms.utils import ECDSAPrivateKey, RSAPrivateKey

_parameter, _verify = KmsResponse._get_param, KmsResponse.verify
_signed = {kind: kind.sign for kind in (ECDSAPrivateKey, RSAPrivateKey)}
_verified = {kind: kind.verify for kind in (ECDSAPrivateKey, RSAPrivateKey)}
HASHES = {"ECDSA_SHA_256": hashes.SHA256(), "ECDSA_SHA_384": hashes.SHA384(), "ECDSA_SHA_512": hashes.SHA512()}


class Digest(bytes):
    """A message that came with MessageType DIGEST."""


class InvalidKmsSignature(JsonRESTError):
    code = 400

    def __init__(self) -> None:
        super().__init__("KMSInvalidSignatureException", "")


def correct() -> None:
    """Put ours in the place of moto's. Calling it again changes nothing."""
    setattr(KmsResponse, "_get_param", parameter)  # noqa: B010  mypy forbids the assignment
    setattr(KmsResponse, "verify", verify)  # noqa: B010
    for kind in (ECDSAPrivateKey, RSAPrivateKey):
        kind.sign, kind.verify = sign_with, verify_with  # type: ignore[assignment, method-assign]


def parameter(response: KmsResponse, name: str, if_none: Any = None) -> Any:
    found = _parameter(response, name, if_none)
    if name == "Message" and _parameter(response, "MessageType") == "DIGEST":
        return Digest(found)
    return found


def verify(response: KmsResponse) -> str:
    answer = _verify(response)
    if not json.loads(answer)["SignatureValid"]:
        raise InvalidKmsSignature
    return answer


def sign_with(key: Any, message: bytes, algorithm: str) -> bytes:
    if not isinstance(message, Digest):
        return _signed[type(key)](key, message, algorithm)
    made: bytes = key.private_key.sign(bytes(message), _digested(message, algorithm))
    return made


def verify_with(key: Any, message: bytes, signature: bytes, algorithm: str) -> bool:
    if not isinstance(message, Digest):
        return _verified[type(key)](key, message, signature, algorithm)
    try:
        key.private_key.public_key().verify(signature, bytes(message), _digested(message, algorithm))
    except InvalidSignature:
        return False
    return True


def _digested(message: Digest, algorithm: str) -> ec.ECDSA:
    """RSA's digests are signed by nobody here."""
    if algorithm not in HASHES:
        raise NotImplementedError(f"on this machine KMS signs digests by ECDSA alone, not by {algorithm}")
    if len(message) != HASHES[algorithm].digest_size:
        raise ValidationException(f"Digest is invalid length for algorithm {algorithm}.")
    return ec.ECDSA(Prehashed(HASHES[algorithm]))
