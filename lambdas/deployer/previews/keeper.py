"""The namespace of a preview: made by the function that may, and waited for until its rights are in force."""

import json
import time
from collections.abc import Callable
from typing import Any

from deployer.errors import Fatal, Unavailable
from deployer.kube.client import Kube
from deployer.kube.errors import Forbidden

WITHIN = 15.0  # seconds that a new right may take
PAUSE = 0.5


def open_preview(client: Any, keeper: str, number: int) -> None:
    """Fatal with the function's own words when it refuses. `client` is boto3's for Lambda."""
    answer = client.invoke(FunctionName=keeper, Payload=json.dumps({"open": number}).encode())
    if "FunctionError" in answer:
        told = json.loads(answer["Payload"].read())
        raise Fatal(str(told.get("errorMessage") or told)[:500], subject=f"the namespace of pull request {number}")


def until_allowed(kube: Kube, namespace: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Unavailable when the namespace stays closed."""
    for _ in range(int(WITHIN / PAUSE)):
        try:
            kube.request("GET", f"/api/v1/namespaces/{namespace}/configmaps", query={"limit": "1"})
            return
        except Forbidden:
            sleep(PAUSE)
    raise Unavailable(f"its rights are not in force after {WITHIN:.0f} s.", subject=f"namespace {namespace}")
