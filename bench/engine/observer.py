"""Sees for itself when everything is ready: a process of its own, beside the API server, that no tool knows of.

    python -m bench.engine.observer URL CA-FILE TOKEN NAMESPACE DEPLOYMENTS PODS

Prints one line of JSON when all Deployments are complete: when the last pod became ready, and when the last Deployment
was complete, both by time.monotonic().
"""

import http.client
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

LONGEST = 300.0
Object = dict[str, Any]


def main() -> int:
    url, ca, token, namespace, deployments, pods = sys.argv[1:]
    watched = {
        "ready": (f"/api/v1/namespaces/{namespace}/pods", ready, int(pods)),
        "complete": (f"/apis/apps/v1/namespaces/{namespace}/deployments", complete, int(deployments)),
    }
    seen: dict[str, float] = {}

    def watch(name: str) -> None:
        path, met, count = watched[name]
        names: set[str] = set()
        while len(names) < count:  # a server under load ends watches; one that is opened anew begins with all there is
            seen[name] = until(open_watch(url, ca, token, path), met, count, names)

    threads = [threading.Thread(target=watch, args=[name], daemon=True) for name in watched]
    for thread in threads:
        thread.start()
    print("watching", flush=True)
    for thread in threads:
        thread.join(LONGEST)
    print(json.dumps(seen), flush=True)
    return 0 if len(seen) == len(watched) else 1


def open_watch(url: str, ca: str, token: str, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection(
        urlsplit(url).netloc, context=ssl.create_default_context(cafile=ca), timeout=LONGEST
    )
    query = "?watch=1&resourceVersion=0&timeoutSeconds=600"
    connection.request("GET", path + query, headers={"Authorization": f"Bearer {token}"})
    return connection.getresponse()


def until(stream: Iterable[bytes], met: Callable[[Object], bool], count: int, names: set[str]) -> float:
    """When `count` objects had met the condition, or the stream's end; `names` are those that have met it."""
    for line in stream:
        event = json.loads(line)
        if event["type"] == "ERROR":
            break
        if met(event["object"]):
            names.add(event["object"]["metadata"]["name"])
        if len(names) == count:
            break
    return time.monotonic()


def ready(pod: Object) -> bool:
    conditions = pod["status"].get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def complete(deployment: Object) -> bool:
    status, wanted = deployment["status"], deployment["spec"]["replicas"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
    return bool(status.get("observedGeneration", 0) >= deployment["metadata"]["generation"] and counts == [wanted] * 3)


if __name__ == "__main__":
    sys.exit(main())
