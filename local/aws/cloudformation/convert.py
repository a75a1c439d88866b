"""CloudFormation's properties in the words of an API: names, key case, numbers and tags by botocore's shapes.

Nothing is dropped: a property that the operation does not know is an error, as is a value of the wrong kind.
Keys of maps, and JSON documents that the API takes as text, stay as they are.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import Shape

from local.aws.cloudformation.resource import ResourceFailed


def arguments(
    client: Any, operation: str, properties: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The operation's arguments; `names` are properties that the API calls otherwise."""
    shape = client.meta.service_model.operation_model(operation).input_shape
    renamed = {(names or {}).get(key, key): value for key, value in properties.items()}
    return dict(_structure(shape, renamed, ""))


def api(shape: Shape, value: Any, path: str) -> Any:
    converter = CONVERTERS.get(shape.type_name)
    return converter(shape, value, path) if converter else value


def _structure(shape: Any, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ResourceFailed(f"#/{path}: expected type: JSONObject, found: {type(value).__name__}")
    members = {name.lower(): name for name in shape.members}
    out: dict[str, Any] = {}
    for key, item in value.items():
        name = members.get(key.lower())
        if name is None:
            raise ResourceFailed(f"#/{path}: extraneous key [{key}] is not permitted")
        out[name] = api(shape.members[name], item, f"{path}/{key}".lstrip("/"))
    return out


def _list(shape: Any, value: Any, path: str) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return [api(shape.member, item, f"{path}/{number}") for number, item in enumerate(items)]


def _map(shape: Any, value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, list):  # CloudFormation's tags where the API has a map
        value = {tag["Key"]: tag["Value"] for tag in value}
    return {str(key): api(shape.value, item, f"{path}/{key}") for key, item in value.items()}


def _string(_: Shape, value: Any, __: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _integer(_: Shape, value: Any, path: str) -> int:
    return int(_number(value, path, int))


def _float(_: Shape, value: Any, path: str) -> float:
    return float(_number(value, path, float))


def _number(value: Any, path: str, kind: Callable[[Any], float]) -> float:
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ResourceFailed(f"#/{path}: expected type: Number, found: {value!r}") from None


def _boolean(_: Shape, value: Any, __: str) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


CONVERTERS: dict[str, Callable[[Any, Any, str], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
}
