"""What a target gets of an event: the event, a part of it, a constant, or a template filled from it."""

import json
import re
from collections.abc import Mapping
from typing import Any

STEP = re.compile(r"""\.([\w-]+)|\['([^']+)'\]|\["([^"]+)"\]|\[(\d+)\]""")
PLACE = re.compile(r"<([\w.-]+)>")
Document = dict[str, Any]


class InvalidInput(Exception):
    """A path or template that gives no input."""


def target_input(target: Mapping[str, Any], event: Document, rule_arn: str) -> str:
    """The text that the target is started with."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(at(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if transformer:
        return transformed(transformer, event, rule_arn)
    return json.dumps(event)


def at(path: str, event: Any) -> Any:
    """The value at a JSON path (`$.detail.state`); None where nothing is."""
    if not path.startswith("$"):
        raise InvalidInput(f"{path} is not a JSON path")
    value, position = event, 1
    while position < len(path):
        step = STEP.match(path, position)
        if not step:
            raise InvalidInput(f"{path} is not a JSON path that EventBridge takes")
        value = _child(value, step)
        position = step.end()
    return value


def _child(value: Any, step: re.Match[str]) -> Any:
    dotted, single, double, index = step.groups()
    if index is not None:
        return value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
    return value.get(dotted or single or double) if isinstance(value, Mapping) else None


def transformed(transformer: Mapping[str, Any], event: Document, rule_arn: str) -> str:
    """The template with every `<name>`: JSON where a value stands alone, plain text inside of quotes."""
    values = {name: at(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event": event,
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
    }
    template: str = transformer["InputTemplate"]

    def filled(place: re.Match[str]) -> str:
        if place.group(1) not in values:
            return place.group(0)
        value = values[place.group(1)]
        return _inside(value) if _quoted(template, place.start()) else json.dumps(value)

    return PLACE.sub(filled, template)


def _quoted(template: str, position: int) -> bool:
    """Whether a place stands inside of a JSON string: an odd number of quotes goes before it."""
    return len(re.findall(r'(?<!\\)"', template[:position])) % 2 == 1


def _inside(value: Any) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return json.dumps(text)[1:-1]
