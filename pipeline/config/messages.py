"""pydantic's errors in words for the person who wrote the file: what is wrong, and what to do."""

import difflib
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pipeline.config.kinds import REMEDIES, Short
from pipeline.config.model import PipelineConfig


def sentence(fault: ErrorDetails) -> tuple[str, str]:
    """What is wrong, and the remedy."""
    context: dict[str, Any] = fault.get("ctx", {})
    key = str(fault["loc"][-1]) if fault["loc"] else ""
    match fault["type"]:
        case "extra_forbidden":
            keys = known_keys(fault["loc"][:-1])
            if fault["loc"] == ("source", "<codecommit>", "pull_requests"):
                return "pull requests at CodeCommit start nothing", "leave it out, or keep the repository at GitHub"
            guess = meant(key, keys)
            return "there is no such key", f"did you mean `{guess}`?" if guess else f"keys here are {_listed(keys)}"
        case "missing":
            return "this key is missing", f"write `{key}:`"
        case "one_of":
            return _one_of(context, fault["input"])
        case "string_type":
            if key == "<path>" and fault["input"] is True:
                return "`true` is not a path", "write the path of a file, or false for none"
            return f"{_shown(fault['input'])} is not a text", _as_text(fault["input"])
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{_shown(fault['input'])} is not a whole number", _as_number(fault["input"])
        case "float_type" | "finite_number":
            return f"{_shown(fault['input'])} is not a number", _as_number(fault["input"]).replace(", no fraction", "")
        case "bool_type" | "bool_parsing":
            how = ", or a mapping that says how" if key.startswith("<") else ""
            return f"{_shown(fault['input'])} is not a yes or no", f"write true or false{how}"
        case "model_type" | "model_attributes_type":
            return f"{_shown(fault['input'])} is not a mapping", _as_mapping(fault)
        case "dict_type":
            return f"{_shown(fault['input'])} is not a mapping", "write one `name: value` in each line"
        case "tuple_type" | "list_type":
            return f"{_shown(fault['input'])} is not a list", _as_list(fault)
        case "too_short" if context["min_length"] > 1:
            least = context["min_length"]
            return f"there are fewer than {least} items", f"write {least} or more"
        case "too_short":
            return "it is empty", "write one item at least"
        case "string_too_short":
            return "it is empty", "write a text, or leave the key out"
        case "too_long" | "string_too_long":
            unit = "items" if fault["type"] == "too_long" else "characters"
            return f"there are more than {context['max_length']} {unit}", f"stay at {context['max_length']} or below"
        case "greater_than_equal" | "less_than_equal":
            bound = f"{context['ge']} or more" if "ge" in context else f"{context['le']} or less"
            return f"{_shown(fault['input'])} is out of range", f"write {bound}"
        case "literal_error":
            quoted = ", with its quotes" if isinstance(fault["input"], float) else ""
            return f"{_shown(fault['input'])} is not one of the choices", f"write {context['expected']}{quoted}"
        case "string_pattern_mismatch":
            return f"{_shown(fault['input'])} is not allowed here", REMEDIES[context["pattern"]]
        case "duration" | "duration_range":
            return f"{_shown(fault['input'])} is not a duration that fits", fault["msg"]
        case "cidr":
            return f"{_shown(fault['input'])} is not a range that can be taken here", fault["msg"]
        case "region":
            return f"{_shown(fault['input'])} is no region that has EKS", fault["msg"]
        case "lambda_compute":
            return f"{_shown(fault['input'])} cannot build images", fault["msg"]
        case "path" | "placeholder":
            return f"{_shown(fault['input'])} is not a path that works here", fault["msg"]
        case _:
            return f"{_shown(fault['input'])} does not fit", fault["msg"]


def _as_text(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        return "write a text"
    kind = "yes or no" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "date"
    return f"put it into quotes: YAML reads it as a {kind}"


def _as_number(value: object) -> str:
    if value is None:
        return "write a number"
    if isinstance(value, str) and value.isdecimal():
        return "write it without quotes"
    return "write its digits alone: no unit, no sign, no fraction"


def _as_mapping(fault: ErrorDetails) -> str:
    # `on`, `off`, `yes` and `no` are no words in YAML.
    word = "put it into quotes if it is a word, or " if isinstance(fault["input"], bool) else ""
    short = SHORT.get(fault.get("ctx", {}).get("class_name", ""))
    alone = f"write its {short} alone, or keys" if short and not word else "write keys"
    if fault["loc"][:1] == ("cluster",) and len(fault["loc"]) <= 2 and isinstance(fault["input"], str):
        alone = f"write `{{existing: {fault['input']}}}` if there is one of that name, or keys"
    return f"{word}{alone} below it: {_listed(known_keys(fault['loc']))}"


def _as_list(fault: ErrorDetails) -> str:
    if fault["loc"] == ("deploy",):
        return "write one item per line after `- `, as in `- manifests: FOLDER`"
    if isinstance(fault["input"], str):
        return f"write `[{fault['input']}]`, or one item per line after `- `"
    return "write `[a, b]`, or one item per line after `- `"


def meant(word: str, words: list[str]) -> str | None:
    """The one of the words that was probably meant."""
    close = difflib.get_close_matches(word.lower().replace("_", "-"), words, n=1, cutoff=0.6)
    return close[0] if close else None


def _one_of(context: dict[str, Any], value: object) -> tuple[str, str]:
    names = context["names"].split(",")
    given = list(value) if isinstance(value, dict) else []
    both = [name for name in names if name in given]
    if len(both) > 1:
        return f"{_listed(both)} exclude each other", "keep one of them"
    for key in given:
        if guess := meant(str(key), names):
            return f"there is no such key: `{key}`", f"did you mean `{guess}`?"
    if value in names:
        return f"`{value}` alone says too little", f"write `{value}:` and its value below"
    if isinstance(value, str) and (within := [name for name in names if f"{name}." in value]):
        return f"{_shown(value)} is an address", f"write `{within[0]}:` and its value below"
    if isinstance(value, dict):
        return f"none of {_listed(names)} is here", "say which one it is"
    return f"{_shown(value)} is not known here", f"write one of {_listed(names)}"


def known_keys(location: tuple[str | int, ...]) -> list[str]:
    """The keys of the mapping at a location of pydantic's (tags of unions included)."""
    types: list[Any] = [PipelineConfig]
    for step in location:
        # Of the members of a union those go on which have the key; where none has, it is a name that the user gave.
        named = [kind for kind in types if step in kind.model_fields]
        types = [inner for outer in named or types for inner in _inner(outer, step)]
    return list(dict.fromkeys(field.alias or key for kind in types for key, field in kind.model_fields.items()))


def _inner(kind: type[BaseModel], step: str | int) -> list[Any]:
    if isinstance(step, str) and step in kind.model_fields:
        return _models(kind.model_fields[step].annotation)
    if isinstance(step, str) and step.startswith("<") and step.endswith(">"):
        return [kind] if step[1:-1] in (*kind.model_fields, "how", kind.__name__.lower()) else []
    return [kind]  # the number of an item, or the key of a dict


def _short_forms(annotation: Any) -> Iterator[tuple[str, str]]:
    """(name of a model, its key that a text stands for) of all that an annotation holds."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        for note in arguments[1:]:
            if isinstance(note, Short) and note.kind is str and isinstance(arguments[0], type):
                yield arguments[0].__name__, note.key
    for argument in arguments:
        yield from _short_forms(argument)


def _models(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _models(get_args(annotation)[0])
    if origin in (Union, UnionType, tuple, dict):
        return [model for argument in get_args(annotation) for model in _models(argument)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


# By model: the key that a text alone stands for.
SHORT = {name: key for field in PipelineConfig.model_fields.values() for name, key in _short_forms(field.annotation)}
