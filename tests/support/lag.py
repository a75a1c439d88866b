"""How long after the last Deployment is complete a wait says so: beside an observer with a watch of its own.

python -m tests.support.lag [deployments] [runs]      p50 and p99 in milliseconds, as one JSON line
"""

import json
import sys
import threading
import time

from deployer.desired import MEMBER_LABEL
from tests.support.controlplane import ControlPlane, control_plane
from tests.support.rollouts import Field, until, workload


class Observer(threading.Thread):
    """Watches from now on; `at` is when it saw the last of so many Deployments complete, `ready` the last pod."""

    def __init__(self, field: Field, deployments: int, replicas: int) -> None:
        super().__init__(daemon=True)
        self.field, self.deployments, self.replicas = field, deployments, replicas
        self.at = 0.0
        self._kube = field.plane.kube()
        self._path = f"/apis/apps/v1/namespaces/{field.namespace}/deployments"
        self._query = {"labelSelector": f"{MEMBER_LABEL}=lag"}
        self._from = self._kube.get(self._path, **self._query)["metadata"]["resourceVersion"]

    def run(self) -> None:
        done: set[str] = set()
        with self._kube.watch(self._path, self._query, self._from) as watch:
            for event in watch:
                status = event.object.get("status") or {}
                if status.get("availableReplicas") == self.replicas and status.get("updatedReplicas") == self.replicas:
                    done.add(event.object["metadata"]["name"])
                if len(done) == self.deployments:
                    self.at = time.monotonic()
                    break
        self._kube.close()


def lag(plane: ControlPlane, namespace: str, deployments: int, replicas: int = 2, pod: str = "1") -> float:
    """Seconds from complete to said so; negative when the wait was faster than the observer."""
    field = Field(plane, namespace).make()
    observer = Observer(field, deployments, replicas)
    observer.start()
    objects = [workload("Deployment", f"web-{number}", pod, replicas=replicas) for number in range(deployments)]
    desired, generations = field.apply("lag", *objects)
    with field.rollout("lag") as rollout:
        rollout.begin(desired, generations)
        verdict = until(rollout, 120.0)
        said = time.monotonic()
    observer.join(10.0)
    plane.admin.request("DELETE", f"/api/v1/namespaces/{namespace}")
    if not verdict.healthy or not observer.at:
        raise RuntimeError(verdict.doomed or verdict.summary)
    return said - observer.at


def main(deployments: int = 50, runs: int = 5) -> None:
    with control_plane() as plane:
        lags = sorted(1000 * lag(plane, f"lag-{number}", deployments) for number in range(runs))
    p50, p99 = lags[len(lags) // 2], lags[-1]
    told = {"deployments": deployments, "runs": runs, "p50_ms": round(p50, 1), "p99_ms": round(p99, 1)}
    print(json.dumps({**told, "all_ms": [round(each, 1) for each in lags]}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
