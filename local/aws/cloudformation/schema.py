"""CloudFormation's own schema of every type, as cfn-lint ships them: what a resource may say, and how it is known.

The files are read without cfn-lint itself, whose import takes as long as all the rest of the machine's.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from local.settings import REGION

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str, int, float, bool),  # CloudFormation writes numbers and booleans as strings, too
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}


@dataclass(frozen=True)
class Schema:
    """One type: its primary identifier (the Ref), its attributes (GetAtt), what makes a new resource."""

    type_name: str
    body: Mapping[str, Any]

    @property
    def primary(self) -> list[str]:
        return [_plain(path) for path in self.body.get("primaryIdentifier", [])]

    @property
    def read_only(self) -> set[str]:
        return {_plain(path) for path in self.body.get("readOnlyProperties", [])}

    @property
    def create_only(self) -> set[str]:
        """Top-level properties whose change makes a new resource."""
        paths = (_plain(path) for path in self.body.get("createOnlyProperties", []))
        return {path for path in paths if "." not in path}

    def problems(self, properties: Mapping[str, Any]) -> list[str]:
        """What is wrong with a resource's properties, in CloudFormation's words, all at once."""
        return list(self._check(self.body, properties, "#"))

    def _check(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
        schema = self._dereferenced(schema)
        kinds = schema.get("type")
        if kinds and not _is_any(value, [kinds] if isinstance(kinds, str) else kinds):
            yield f"{path}: expected type: {_named(kinds)}, found: {type(value).__name__}"
            return
        yield from self._choices(schema, value, path)
        if isinstance(value, Mapping):
            yield from self._object(schema, value, path)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._check(schema.get("items", {}), item, f"{path}/{number}")
        elif isinstance(value, str):
            yield from _text(schema, value, path)

    def _object(self, schema: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[str]:
        known = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        for name in schema.get("required", []):
            if name not in value and f"{path}/{name}" not in self._filled_in():
                yield f"{path}: required key [{name}] not found"
        for name, item in value.items():
            if name in known:
                yield from self._check(known[name], item, f"{path}/{name}")
            elif match := next((patterns[each] for each in patterns if re.search(each, name)), None):
                yield from self._check(match, item, f"{path}/{name}")
            elif schema.get("additionalProperties", True) is False and (known or patterns):
                yield f"{path}: extraneous key [{name}] is not permitted"

    def _choices(self, schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
        """anyOf and oneOf: one must fit, and when several do, CloudFormation does not mind."""
        for word in ("anyOf", "oneOf"):
            choices = schema.get(word)
            if not choices:
                continue
            found = [list(self._check(choice, value, path)) for choice in choices]
            if all(found):
                yield min(found, key=len)[0]
        for part in schema.get("allOf", []):
            yield from self._check(part, value, path)

    def _dereferenced(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        seen = 0
        while "$ref" in schema and seen < 20:
            target: Any = self.body
            for part in schema["$ref"].lstrip("#/").split("/"):
                target = target[part]
            schema, seen = target, seen + 1
        return schema

    @cache  # noqa: B019  schemas live as long as the process
    def _filled_in(self) -> frozenset[str]:
        """Required keys that the service fills in itself."""
        return frozenset(f"#/{name}" for name in self.read_only)

    def __hash__(self) -> int:
        return hash(self.type_name)


def _plain(path: str) -> str:
    """`/properties/Endpoint/Address` → `Endpoint.Address`"""
    return path.removeprefix("/properties/").replace("/properties/", ".").replace("/", ".")


def _is_any(value: Any, kinds: list[str]) -> bool:
    if isinstance(value, str) and value in ("true", "false") and "boolean" in kinds:
        return True
    if isinstance(value, str) and {"integer", "number"} & set(kinds) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return True
    if isinstance(value, bool) and "boolean" not in kinds and "string" not in kinds:
        return False
    return any(isinstance(value, SCALARS.get(kind, (object,))) for kind in kinds)


def _named(kinds: Any) -> str:
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _text(schema: Mapping[str, Any], value: str, path: str) -> Iterator[str]:
    allowed = schema.get("enum")
    if allowed and value not in [str(item) for item in allowed]:
        yield f"{path}: #: {value} is not a valid enum value of {allowed}"
    if "minLength" in schema and len(value) < schema["minLength"]:
        yield f"{path}: expected minLength: {schema['minLength']}, actual: {len(value)}"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield f"{path}: expected maxLength: {schema['maxLength']}, actual: {len(value)}"


@cache
def schema_of(type_name: str) -> Schema | None:
    """None for a type that AWS does not have."""
    name = _index().get(type_name)
    return Schema(type_name, json.loads((_folder() / "resources" / f"{name}.json").read_text())) if name else None


@cache
def _index() -> Mapping[str, str]:
    """Type → the name of its file."""
    index: dict[str, str] = json.loads((_folder() / "providers" / f"{REGION}.json").read_text())
    return index


def _folder() -> Path:
    found = importlib.util.find_spec("cfnlint")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "data" / "schemas"
