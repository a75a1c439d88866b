"""The story of a release that goes on in another invocation, in a Secret beside the inventory."""

import base64
import gzip
import json
from typing import Any

from deployer.errors import DeployError
from deployer.inventory import object_name
from deployer.kube.client import APPLY, Kube
from deployer.kube.errors import NotFound
from deployer.log import Log

TYPE = "shipline.dev/report"
LARGEST = 900_000  # bytes of base64, within the 1 MiB of an object


class Kept:
    """A report is worth less than a release: what fails here is logged, and nothing else."""

    def __init__(self, kube: Kube, service: str, namespace: str, log: Log) -> None:
        self._kube, self._log = kube, log
        self._name = f"{object_name(service)}.report"
        self._path = f"/api/v1/namespaces/{namespace}/secrets/{self._name}"

    def save(self, attempt: str, story: dict[str, Any]) -> None:
        data = _packed(attempt, story)
        if len(data) > LARGEST:
            data = _packed(attempt, {**story, "lines": story["lines"][-100:], "facts": _lean(story["facts"])})
        body = {
            "apiVersion": "v1", "kind": "Secret", "type": TYPE,
            "metadata": {"name": self._name, "labels": {"app.kubernetes.io/managed-by": "shipline"}},
            "data": {"story": data},
        }  # fmt: skip
        query = {"fieldManager": "shipline", "force": "true"}
        try:
            self._kube.request("PATCH", self._path, subject="the report so far", query=query, body=body, content=APPLY)
        except DeployError as error:
            self._log.event("report not kept", reason=str(error))

    def load(self, attempt: str) -> dict[str, Any]:
        """Empty when there is none of this attempt."""
        try:
            found = self._kube.get(self._path, subject="the report so far")
            story = json.loads(gzip.decompress(base64.b64decode(found["data"]["story"])))
        except NotFound:
            return {}
        except (DeployError, KeyError, ValueError, OSError, EOFError) as error:
            self._log.event("report not found", reason=type(error).__name__)
            return {}
        return dict(story["story"]) if story.get("attempt") == attempt else {}

    def forget(self) -> None:
        try:
            self._kube.request("DELETE", self._path, subject="the report so far")
        except NotFound:
            return
        except DeployError as error:
            self._log.event("report not removed", reason=str(error))


def _packed(attempt: str, story: dict[str, Any]) -> str:
    text = json.dumps({"attempt": attempt, "story": story}, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _lean(facts: dict[str, Any]) -> dict[str, Any]:
    plan = facts.get("plan")
    return {**facts, "plan": {**plan, "objects": [], "left_out": len(plan["objects"])}} if plan else facts
