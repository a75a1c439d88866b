"""Lambda's entry: a build's request in, an answer out. What goes wrong is an answer, too: the build shows it."""

import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from deployer.budget import Budget
from deployer.compose import Composed, compose
from deployer.errors import DeployError, Fenced
from deployer.outcome import Continue, Failed, Succeeded
from deployer.previews.deliver import Preview, deliver
from deployer.previews.request import Request, read_request
from deployer.values import asdict

Answer = dict[str, Any]  # state: healthy, working (with the token for the next request) or failed; said: for people


def handle(event: Mapping[str, Any], context: Any) -> Answer:
    base = compose()
    budget = Budget.of(lambda: context.get_remaining_time_in_millis() / 1000)
    return answer(event, base, lambda request: deliver(request, base, budget, os.environ))


def answer(event: Mapping[str, Any], base: Composed, work: Callable[[Request], Preview]) -> Answer:
    try:
        request = read_request(event)
        found = told(work(request))
    except Fenced:
        return {"state": "working", "said": "another invocation carries on", "token": event.get("token")}
    except DeployError as error:
        found = {"state": "failed", "said": str(error)}
    except Exception as error:  # noqa: BLE001 (the one entry point)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        base.log.event("bug", kind=type(error).__name__, at=where, reason=str(error)[:500])
        found = {"state": "failed", "said": f"The deployer itself failed: {type(error).__name__} at {where}."}
    return {**found, "said": base.redactor.clean(str(found["said"]))}


def told(preview: Preview) -> Answer:
    about: Answer = {"pull_request": preview.number, "namespace": preview.namespace, "addresses": preview.addresses}
    match preview.outcome:
        case Succeeded(summary=said):
            return {**about, "state": "healthy", "said": said}
        case Continue(token=token, summary=said):
            return {**about, "state": "working", "said": said, "token": asdict(token)}
        case Failed(message=said):
            return {**about, "state": "failed", "said": said}
