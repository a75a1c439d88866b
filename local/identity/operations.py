"""What a request asks for, in whichever of AWS's protocols it is written.

WireRequest + signing service → Operation(service, name, parameters). The body is read for the protocols that
carry parameters in it, and for S3 only where a body names objects (DeleteObjects).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from local.identity import routes
from local.identity.request import WireRequest

Protocol = Literal["json", "query", "ec2", "rest-json", "rest-xml", "cbor"]

# Signing names that differ from the name of botocore's model, where the model is needed (REST services).
_MODELS = {"elasticfilesystem": "efs", "execute-api": "apigatewaymanagementapi", "aoss": "opensearchserverless"}
# Signing names that differ from the prefix of IAM actions.
_PREFIXES = {"monitoring": "cloudwatch"}
_XML_SERVICES = frozenset(("s3", "s3-control", "route53", "cloudfront"))
_DELETED_KEY = re.compile(rb"<Object>.*?<Key>(.*?)</Key>", re.DOTALL)
_CBOR_PATH = re.compile(r"/service/[^/]+/operation/([^/]+)/?")


@dataclass(frozen=True)
class Operation:
    """`service` is the prefix of the IAM action; parameters are named as on the wire."""

    service: str
    name: str
    parameters: Mapping[str, Any]
    protocol: Protocol


def protocol_of(request: WireRequest, service: str) -> Protocol:
    """The protocol, without a look into the body of anything but a form."""
    if request.header("x-amz-target"):
        return "json"
    if _CBOR_PATH.fullmatch(request.path):
        return "cbor"
    form = (request.header("content-type") or "").startswith("application/x-www-form-urlencoded")
    if service not in _XML_SERVICES and (form or "Action" in request.arguments):
        return "ec2" if service == "ec2" else "query"
    return "rest-xml" if service in _XML_SERVICES else "rest-json"


def read(request: WireRequest, service: str) -> Operation | None:
    """None when no operation of the service is meant."""
    protocol = protocol_of(request, service)
    prefix = _PREFIXES.get(service, service)
    match protocol:
        case "json":
            name = (request.header("x-amz-target") or "").rpartition(".")[2]
            return Operation(prefix, name, _mapping(request.body), protocol)
        case "query" | "ec2":
            fields = {**request.arguments, **dict(parse_qsl(request.body.decode(), keep_blank_values=True))}
            return Operation(prefix, fields.get("Action", ""), fields, protocol)
        case "cbor":
            return Operation(prefix, request.path.rstrip("/").rpartition("/")[2], {}, protocol)
        case "rest-xml" | "rest-json":
            return _rest(request, service, prefix, protocol)


def _rest(request: WireRequest, service: str, prefix: str, protocol: Protocol) -> Operation | None:
    found = routes.find(_MODELS.get(service, service), request)
    if found is None:
        return None
    name, labels = found
    parameters: dict[str, Any] = {**request.arguments}
    if protocol == "rest-json" and (request.header("content-type") or "").startswith("application/json"):
        parameters |= _mapping(request.body)
    if service == "s3":
        parameters |= _s3_extras(request, name)
    return Operation(prefix, name, parameters | labels, protocol)


def _s3_extras(request: WireRequest, name: str) -> dict[str, Any]:
    """What S3 says outside of the path: the source of a copy, the keys of a bulk deletion."""
    source = request.header("x-amz-copy-source")
    if source is not None:
        return {"CopySource": source}
    if name == "DeleteObjects":
        return {"Keys": [key.decode() for key in _DELETED_KEY.findall(request.body)]}
    return {}


def _mapping(body: bytes) -> dict[str, Any]:
    """A JSON object; what is none names nothing, and the service itself will say what is wrong with it."""
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
