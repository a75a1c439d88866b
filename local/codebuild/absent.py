"""Lists of what this machine never has: asked for, they are truly empty. The rest of the API is `faults.absent`."""

from typing import Any

from local.wire import Call, Handler

Document = dict[str, Any]


def _empty(**answer: Any) -> Handler:
    return lambda _: dict(answer)


def _none_found(asked: str, found: str, missing: str) -> Handler:
    def answer(call: Call) -> Document:
        return {found: [], missing: call.input[asked]}

    return answer


HANDLERS: dict[str, Handler] = {
    "ListBuildBatches": _empty(ids=[]),
    "ListBuildBatchesForProject": _empty(ids=[]),
    "BatchGetBuildBatches": _none_found("ids", "buildBatches", "buildBatchesNotFound"),
    "ListFleets": _empty(fleets=[]),
    "BatchGetFleets": _none_found("names", "fleets", "fleetsNotFound"),
    "ListSandboxes": _empty(ids=[]),
    "ListSandboxesForProject": _empty(ids=[]),
    "BatchGetSandboxes": _none_found("ids", "sandboxes", "sandboxesNotFound"),
    "ListSharedProjects": _empty(projects=[]),
    "ListSharedReportGroups": _empty(reportGroups=[]),
    "ListSourceCredentials": _empty(sourceCredentialsInfos=[]),
}
