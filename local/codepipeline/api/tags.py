"""TagResource, UntagResource, ListTagsForResource: tags of pipelines."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.codepipeline.api.pages import page
from local.codepipeline.engine import Engine
from local.wire import Call, Fault, Handler

MAX_TAGS = 50
Document = dict[str, Any]


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def tag(call: Call) -> Document:
        name = _pipeline(engine, call.input["resourceArn"])
        tags = engine.store.tags(name) | as_map(call.input["tags"])
        _check(tags)
        engine.store.save_tags(name, tags)
        return {}

    def untag(call: Call) -> Document:
        name = _pipeline(engine, call.input["resourceArn"])
        gone = set(call.input["tagKeys"])
        engine.store.save_tags(name, {k: v for k, v in engine.store.tags(name).items() if k not in gone})
        return {}

    def list_all(call: Call) -> Document:
        name = _pipeline(engine, call.input["resourceArn"])
        return page(as_list(engine.store.tags(name)), "tags", call.input)

    return {"TagResource": tag, "UntagResource": untag, "ListTagsForResource": list_all}


def _pipeline(engine: Engine, arn: str) -> str:
    name = arn.rsplit(":", 1)[-1]
    if name not in engine.states() or arn != engine.arn(name):
        raise Fault("ResourceNotFoundException", f"There is no pipeline with the ARN {arn}")
    return name


def as_map(tags: Iterable[Document]) -> dict[str, str]:
    found = {tag["key"]: tag["value"] for tag in tags}
    _check(found)
    return found


def as_list(tags: Mapping[str, str]) -> list[Document]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _check(tags: Mapping[str, str]) -> None:
    if len(tags) > MAX_TAGS:
        raise Fault("TooManyTagsException", f"A pipeline has at most {MAX_TAGS} tags")
    if any(key.lower().startswith("aws:") for key in tags):
        raise Fault("InvalidTagsException", "Tag keys must not begin with aws:")
