"""CreatePipeline, GetPipeline, UpdatePipeline, DeletePipeline, ListPipelines."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.api.pages import page, present
from local.codepipeline.api.tags import as_list, as_map
from local.codepipeline.declaration import parse
from local.codepipeline.engine import Engine
from local.codepipeline.state import State
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def create(call: Call) -> Document:
        pipeline = parse(_declared(call.input["pipeline"]), version=1)
        tags = as_map(call.input.get("tags", []))
        engine.create(pipeline, tags, call.caller.arn)
        return {"pipeline": pipeline.document, "tags": as_list(tags)}

    def get(call: Call) -> Document:
        state = engine.state(call.input["name"])
        version = call.input.get("version", state.pipeline.version)
        document = engine.store.document(state.pipeline.name, version)
        if document is None:
            raise Fault(
                "PipelineVersionNotFoundException", f"The pipeline {state.pipeline.name} has no version {version}"
            )
        return {
            "pipeline": document,
            "metadata": {
                "pipelineArn": engine.arn(state.pipeline.name),
                "created": state.created,
                "updated": state.updated,
            },
        }

    def update(call: Call) -> Document:
        declared = _declared(call.input["pipeline"])
        current = _updatable(engine, declared["name"])
        pipeline = parse(declared, current.pipeline.version + 1)
        engine.update(pipeline)
        return {"pipeline": pipeline.document}

    def delete(call: Call) -> None:
        engine.delete(call.input["name"])

    def list_all(call: Call) -> Document:
        states = [state for _, state in sorted(engine.states().items())]
        return page(states, "pipelines", call.input, _summary, limit=1000)

    return {
        "CreatePipeline": create,
        "GetPipeline": get,
        "UpdatePipeline": update,
        "DeletePipeline": delete,
        "ListPipelines": list_all,
    }


def _declared(document: Document) -> Document:
    """The declaration with AWS's defaults written out, as GetPipeline shows it."""
    stages = [stage | {"actions": [_action(action) for action in stage["actions"]]} for stage in document["stages"]]
    return {
        **{key: value for key, value in document.items() if key != "version"},
        "stages": stages,
        "executionMode": document.get("executionMode", "SUPERSEDED"),
        "pipelineType": document.get("pipelineType", "V1"),
    }


def _action(action: Document) -> Document:
    empty = {"runOrder": 1, "configuration": {}, "outputArtifacts": [], "inputArtifacts": []}
    return empty | action


def _updatable(engine: Engine, name: str) -> State:
    # UpdatePipeline has no PipelineNotFoundException among its errors, but answers it.
    return engine.state(name)


def _summary(state: State) -> Document:
    document = state.pipeline.document
    return present(
        name=state.pipeline.name,
        version=state.pipeline.version,
        pipelineType=document.get("pipelineType"),
        executionMode=document.get("executionMode"),
        created=state.created,
        updated=state.updated,
    )
