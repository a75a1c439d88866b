"""AWS's JSON 1.1 protocol for a service of our own, behind moto's routing.

request → operation → input checked against botocore's model → handler(Call) → JSON, or a modelled error.
Handlers take and give plain dicts in the API's own words; times are seconds since the epoch.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local.context import Identity, Principal

Document = dict[str, Any]
Answer = tuple[int, dict[str, str], str]

ACCESS_KEY = re.compile(r"Credential=([^/,\s]+)/")


class Fault(Exception):
    """An error that the caller is told by its modelled code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Call:
    """One request: who asks, what for, and the headers that came with it."""

    operation: str
    input: Document
    caller: Principal
    headers: Mapping[str, str]


Handler = Callable[[Call], Document | None]


class JsonService:
    """One service's operations by name; those of the model that have no handler answer `absent`."""

    def __init__(
        self, service: str, identity: Identity, handlers: Mapping[str, Handler], absent: Callable[[str], Fault]
    ) -> None:
        self.model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        unknown = set(handlers) - set(self.model.operation_names)
        if unknown:
            raise ValueError(f"{service} has no operation {', '.join(sorted(unknown))}")
        self._identity = identity
        self._handlers = handlers
        self._absent = absent

    @property
    def missing(self) -> set[str]:
        """The operations of AWS's own model that this machine does not have."""
        return set(self.model.operation_names) - set(self._handlers)

    def respond(self, request: Any, full_url: str, headers: Any) -> Answer:
        """What moto's routing calls; `request` is a werkzeug request."""
        request_id = str(uuid.uuid4())
        try:
            body = self._answer(request)
        except Fault as fault:
            return self._fault(fault, request_id)
        return 200, self._headers(request_id), "" if body is None else json.dumps(body)

    def _answer(self, request: Any) -> Document | None:
        name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if name not in self.model.operation_names:
            raise Fault("UnknownOperationException", f"{self.model.service_name} has no operation {name!r}")
        handler = self._handlers.get(name)
        if handler is None:
            raise self._absent(name)
        given = _parsed(request.get_data())
        shape = self.model.operation_model(name).input_shape
        problems = list(violations(shape, given)) if shape else []
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
            raise Fault("ValidationException", count + "; ".join(problems))
        return handler(Call(name, given, self._caller(request.headers), request.headers))

    def _caller(self, headers: Mapping[str, str]) -> Principal:
        found = ACCESS_KEY.search(headers.get("Authorization", ""))
        principal = (
            self._identity.principal(found.group(1), headers.get("X-Amz-Security-Token") or None) if found else None
        )
        if principal is None:
            raise Fault("UnrecognizedClientException", "The security token included in the request is invalid.")
        return principal

    def _fault(self, fault: Fault, request_id: str) -> Answer:
        status = 400
        if fault.code in self.model.shape_names:
            status = self.model.shape_for(fault.code).metadata.get("error", {}).get("httpStatusCode", 400)
        return status, self._headers(request_id), json.dumps({"__type": fault.code, "message": fault.message})

    def _headers(self, request_id: str) -> dict[str, str]:
        version = self.model.metadata.get("jsonVersion", "1.1")
        return {"Content-Type": f"application/x-amz-json-{version}", "x-amzn-RequestId": request_id}


def _parsed(body: bytes) -> Document:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        raise Fault("SerializationException", "The request body is not JSON.") from None
    if not isinstance(given, dict):
        raise Fault("SerializationException", "The request body is not a JSON object.")
    return given


def violations(shape: Shape, value: Any, path: str = "") -> list[str]:
    """What AWS's own front would say about a value: kind, required members, enum, pattern, length, range."""
    check = _BY_KIND.get(shape.type_name)
    return check(shape, value, path) if check else []


def _structure(shape: StructureShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [_failed(value, path, "Member must be a structure")]
    found = [
        _failed(None, _joined(path, name), "Member must not be null")
        for name in shape.required_members
        if value.get(name) is None
    ]
    for name, member in shape.members.items():
        if value.get(name) is not None:
            found += violations(member, value[name], _joined(path, name))
    return found


def _list(shape: ListShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [_failed(value, path, "Member must be a list")]
    found = _length(shape, value, path)
    for number, item in enumerate(value, 1):
        found += violations(shape.member, item, f"{path}.{number}.member")
    return found


def _map(shape: MapShape, value: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [_failed(value, path, "Member must be a map")]
    found = _length(shape, value, path)
    for key, item in value.items():
        found += violations(shape.key, key, f"{path}.{key}.key") + violations(shape.value, item, f"{path}.{key}")
    return found


def _string(shape: Shape, value: Any, path: str) -> list[str]:
    if not isinstance(value, str):
        return [_failed(value, path, "Member must be a string")]
    allowed = getattr(shape, "enum", None)
    if allowed:
        return (
            [] if value in allowed else [_failed(value, path, f"Member must satisfy enum value set: {sorted(allowed)}")]
        )
    found = _length(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value, re.DOTALL):
        found.append(_failed(value, path, f"Member must satisfy regular expression pattern: {pattern}"))
    return found


def _number(shape: Shape, value: Any, path: str) -> list[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [_failed(value, path, "Member must be a number")]
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        return [_failed(value, path, f"Member must have value greater than or equal to {low}")]
    if high is not None and value > high:
        return [_failed(value, path, f"Member must have value less than or equal to {high}")]
    return []


def _boolean(_: Shape, value: Any, path: str) -> list[str]:
    return [] if isinstance(value, bool) else [_failed(value, path, "Member must be a boolean")]


def _length(shape: Shape, value: Any, path: str) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        return [_failed(value, path, f"Member must have length greater than or equal to {low}")]
    if high is not None and len(value) > high:
        return [_failed(value, path, f"Member must have length less than or equal to {high}")]
    return []


def _failed(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_BY_KIND: dict[str, Callable[[Any, Any, str], list[str]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _number,
    "long": _number,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
}
