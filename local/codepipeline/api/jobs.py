"""GetJobDetails, PutJobSuccessResult, PutJobFailureResult; polling is for workers, whom this machine has none of."""

from collections.abc import Mapping
from typing import Any

from local.codepipeline.jobdesk import JobDesk
from local.wire import Call, Fault, Handler

Document = dict[str, Any]


def handlers(desk: JobDesk) -> Mapping[str, Handler]:
    def details(call: Call) -> Document:
        return {"jobDetails": desk.details(call.input["jobId"])}

    def succeed(call: Call) -> None:
        desk.succeed(call.input)

    def fail(call: Call) -> None:
        desk.fail(call.input)

    def poll(call: Call) -> Document:
        kind = call.input["actionTypeId"]
        raise Fault(
            "ActionTypeNotFoundException",
            f"There are no job workers on this machine, so no jobs of {kind['owner']} {kind['provider']} to poll for",
        )

    return {
        "GetJobDetails": details,
        "PutJobSuccessResult": succeed,
        "PutJobFailureResult": fail,
        "PollForJobs": poll,
        "PollForThirdPartyJobs": poll,
    }
