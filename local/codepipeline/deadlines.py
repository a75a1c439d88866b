"""How long an action may take before it counts as failed (AWS's quotas)."""

from local.codepipeline.model import Action
from local.codepipeline.state import ActionRun, ErrorDetails

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0

BY_PROVIDER = {"Manual": 7 * DAY, "CodeBuild": 8 * HOUR, "Lambda": 20 * MINUTE}
OTHER = HOUR

# An Invoke action may go on for a day with continuation tokens, each job for BY_PROVIDER["Lambda"].
LONGEST_INVOKE = DAY


def deadline(action: Action, now: float) -> float:
    """When an action that starts now is overdue."""
    if action.timeout is not None:
        return now + action.timeout * MINUTE
    return now + BY_PROVIDER.get(action.type.provider, OTHER)


def overdue(run: ActionRun) -> ErrorDetails:
    """What an action's error says when its time is over."""
    if run.type.provider == "Manual":
        message = f"The approval of {run.action} was not given in time"
    elif run.type.provider == "Lambda":
        message = (
            f"The AWS Lambda function {run.resolved.get('FunctionName')} failed to return a result. Check the "
            "function to verify that it has permission to send PutJobSuccessResult and PutJobFailureResult to "
            "AWS CodePipeline, and that it does so within 20 minutes."
        )
    else:
        message = f"The action {run.action} timed out"
    return ErrorDetails("JobFailed", message)
