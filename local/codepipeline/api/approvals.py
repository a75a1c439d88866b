"""PutApprovalResult."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.engine import Engine
from local.codepipeline.messages import Decide
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers(engine: Engine) -> Mapping[str, Handler]:
    def put(call: Call) -> Document:
        given = call.input
        state = engine.state(given["pipelineName"])
        stage = next((each for each in state.pipeline.stages if each.name == given["stageName"]), None)
        if stage is None:
            raise Fault("StageNotFoundException", f"The pipeline has no stage {given['stageName']}")
        if given["actionName"] not in {action.name for action in stage.actions}:
            raise Fault("ActionNotFoundException", f"The stage {stage.name} has no action {given['actionName']}")
        result = given["result"]
        engine.tell(
            state.pipeline.name,
            Decide(
                stage.name,
                given["actionName"],
                given["token"],
                result["status"] == "Approved",
                result["summary"],
                call.caller.arn,
            ),
        )
        return {"approvedAt": engine.world.clock()}

    return {"PutApprovalResult": put}
