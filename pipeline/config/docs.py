"""`python -m pipeline.config.docs`: writes the JSON Schema and the reference page from the model, into docs/."""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from pipeline.config.kinds import spell
from pipeline.config.model import PipelineConfig

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
SCHEMA = "pipeline.schema.json"
PAGE = "pipeline.md"

HEAD = """# pipeline.yaml
One file says how a service is built and where it is released to. The smallest one that ships a service:
```yaml
name: shop
source: codecommit
environments: [dev, staging, prod]
```
`shipline explain` says what the defaults chose for yours; `shipline validate` names every mistake, with its line.
Editors check and complete it with [pipeline.schema.json](pipeline.schema.json): put
`# yaml-language-server: $schema=docs/pipeline.schema.json` into the first line.
All paths start at the service's folder. `{environment}` in a path of `deploy` stands for the environment's name.
Durations are written as `30s`, `15m`, `1h30m` or `7d`.

This page is made from the model (`python -m pipeline.config.docs`), and a test says when it is not current.
"""


class _AsWritten(GenerateJsonSchema):
    """Defaults as people write them."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return spell(dft)
        return dft.model_dump(exclude_defaults=True) if isinstance(dft, BaseModel) else super().encode_default(dft)


def schema() -> dict[str, Any]:
    """The JSON Schema that editors use."""
    made = PipelineConfig.model_json_schema(schema_generator=_AsWritten)
    whole: dict[str, Any] = _with_lists(made, made["$defs"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _with_lists(value: Any, definitions: dict[str, Any]) -> Any:
    """A list that stands for a mapping is what its key takes."""
    if isinstance(value, list):
        return [_with_lists(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("anyOf"):
        case [{"x-list-of": key}, {"$ref": name}, *rest]:
            listed = definitions[name.rpartition("/")[2]]["properties"][key]
            taken = {word: listed[word] for word in ("type", "items", "minItems", "maxItems") if word in listed}
            return {**value, "anyOf": [taken, {"$ref": name}, *rest]}
    return {key: _with_lists(item, definitions) for key, item in value.items()}


def page() -> str:
    made = schema()
    sections = [HEAD, _table("Keys", made, made["$defs"])]
    sections += [_table(name, made["$defs"][name], made["$defs"]) for name in _reached(made, made["$defs"])]
    return "\n".join(sections)


def files() -> dict[str, str]:
    """Name in docs/ → content."""
    return {SCHEMA: json.dumps(schema(), indent=2) + "\n", PAGE: page()}


def _table(title: str, described: dict[str, Any], definitions: dict[str, Any]) -> str:
    lines = [
        f"## {title}",
        flat(described.get("description", "")),
        "",
        "| key | value | default | |",
        "| --- | --- | --- | --- |",
    ]
    required = described.get("required", [])
    for key, value in described["properties"].items():
        default = "required" if key in required else default_of(value)
        lines.append(f"| `{key}` | {kind_of(value, definitions)} | {default} | {flat(value.get('description', ''))} |")
    return "\n".join(lines) + "\n"


def _reached(described: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """The mappings below, in the order in which a reader meets them."""
    names: list[str] = []
    for value in described["properties"].values():
        for name in references(value):
            if name not in names:
                names += [name, *(inner for inner in _reached(definitions[name], definitions) if inner not in names)]
    return list(dict.fromkeys(names))


def references(value: Any) -> Iterator[str]:
    """The names of the mappings that a value may be."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def kind_of(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    """A value's kind in a few words."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for union in ("anyOf", "oneOf"):
        if union in value:
            kinds = [kind_of(option, definitions) for option in value[union] if option.get("type") != "null"]
            return " or ".join(dict.fromkeys(kinds))
    if "enum" in value:
        return " or ".join(f"`{json.dumps(choice)}`" for choice in value["enum"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    match value.get("type"):
        case "array":
            return f"list of {kind_of(value['items'], definitions)}"
        case "object" if value.get("additionalProperties") is True:
            return "mapping"
        case "object":
            return f"mapping of names to {kind_of(_items(value), definitions)}"
        case "integer":
            return f"{value['minimum']} to {value['maximum']}"
        case "number":
            return "number"
        case "boolean":
            return "true or false"
    if "x-range" in value:
        return f"duration, {value['x-range']}"
    return "path" if value.get("format") == "path" else "text"


def _items(value: dict[str, Any]) -> dict[str, Any]:
    items: dict[str, Any] = value.get("additionalProperties") or next(iter(value["patternProperties"].values()))
    return items


def default_of(value: dict[str, Any]) -> str:
    """What a key that is left out stands for, in backticks; empty where that is not one value."""
    default = value.get("default")
    if default is None or default in ([], {}) or isinstance(default, dict):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def flat(text: str) -> str:
    """A docstring in one line."""
    return " ".join(text.split())


def main() -> int:
    for name, content in files().items():
        (DOCS / name).write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
