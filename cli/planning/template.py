"""A CloudFormation template's own language: references, and values as people read them. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]
Resource = Mapping[str, Any]
Path = tuple[str, ...]
Named = Callable[[str], str]  # a logical id → words

SUBSTITUTED = re.compile(r"\$\{(?!!)([^}]+)\}")
PSEUDO = {
    "AWS::AccountId": "ACCOUNT",
    "AWS::Partition": "aws",
    "AWS::Region": "REGION",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": "nothing",
}
PARTS_OF_ARNS = {"3": "REGION", "4": "ACCOUNT"}
ITSELF = ("Arn", "Name", "Id", "GroupId")  # attributes that say which one, as a Ref does


def resources(template: Template) -> dict[str, Resource]:
    """By logical id; CDK's own record of itself is none."""
    found: Mapping[str, Resource] = template.get("Resources", {})
    return {key: each for key, each in found.items() if each["Type"] != "AWS::CDK::Metadata"}


def properties(resource: Resource) -> Mapping[str, Any]:
    found: Mapping[str, Any] = resource.get("Properties") or {}
    return found


def references(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where in a value which logical id is referred to."""
    match value:
        case {"Ref": str(name)} if len(value) == 1:
            yield path, name
        case {"Fn::GetAtt": found} if len(value) == 1:
            yield path, _attribute(found)[0]
        case {"Fn::Sub": found} if len(value) == 1:
            yield from ((path, name.partition(".")[0]) for name in SUBSTITUTED.findall(json.dumps(found)))
            yield from references(found[1] if isinstance(found, list) else None, path)
        case Mapping():
            for key, item in value.items():
                yield from references(item, path if key.startswith("Fn::") else (*path, key))
        case list():
            for number, item in enumerate(value):
                yield from references(item, (*path, str(number)))


def either_way(value: Any) -> Any:
    """The value with both branches of each `Fn::If`: in a list both stand, elsewhere the first that is anything."""
    match value:
        case {"Fn::If": [_, *branches]}:
            return next(iter(_branches(branches)), None)
        case Mapping():
            return {key: either_way(item) for key, item in value.items()}
        case list():
            return [each for item in value for each in _items(item)]
    return value


def text(value: Any, named: Named) -> str:
    """A value as one line: references by their words, functions of CloudFormation carried out as far as they can be."""
    match value:
        case str():
            return value
        case {"Ref": str(name)} if len(value) == 1:
            return PSEUDO.get(name) or named(name)
        case {"Fn::GetAtt": found} if len(value) == 1:
            name, attribute = _attribute(found)
            return named(name) if attribute in ITSELF else f"{named(name)} ({attribute})"
        case {"Fn::Join": [str(between), list(parts)]}:
            return between.join(text(part, named) for part in parts)
        case {"Fn::Select": [index, {"Fn::Split": [":", {"Fn::GetAtt": _}]}]} if str(index) in PARTS_OF_ARNS:
            return PARTS_OF_ARNS[str(index)]
        case {"Fn::Sub": str(found)}:
            return SUBSTITUTED.sub(lambda match: _substituted(match.group(1), named), found)
        case list() if all(isinstance(item, str) or _is_function(item) for item in value):
            return ", ".join(text(item, named) for item in value) or "nothing"
        case Mapping() if _is_function(value):
            ((name, arguments),) = value.items()
            given = arguments if isinstance(arguments, list) else [arguments]
            return f"{name.removeprefix('Fn::')}({', '.join(text(each, named) for each in given)})"
        case _:
            return json.dumps(plain(value, named), sort_keys=True)


def plain(value: Any, named: Named) -> Any:
    """The value with every function of CloudFormation as text, and JSON that a string holds taken apart."""
    match value:
        case str():
            return _json_in(value)
        case Mapping() if _is_function(value):
            return _json_in(text(value, named))
        case Mapping():
            return {key: plain(item, named) for key, item in value.items()}
        case list():
            return [plain(item, named) for item in value]
        case _:
            return value


def _items(item: Any) -> list[Any]:
    match item:
        case {"Fn::If": [_, *branches]}:
            return _branches(branches)
    return [either_way(item)]


def _branches(branches: list[Any]) -> list[Any]:
    return [either_way(each) for each in branches if each != {"Ref": "AWS::NoValue"}]


def _json_in(found: str) -> Any:
    if found[:1] not in ("{", "["):
        return found
    try:
        return json.loads(found)
    except ValueError:
        return found


def _is_function(value: Any) -> bool:
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _attribute(found: Any) -> tuple[str, str]:
    name, _, attribute = (
        ".".join(str(part) for part in found).partition(".") if isinstance(found, list) else (found.partition("."))
    )
    return name, attribute


def _substituted(name: str, named: Named) -> str:
    return text({"Fn::GetAtt": name} if "." in name else {"Ref": name}, named)
