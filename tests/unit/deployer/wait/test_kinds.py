# ruff: noqa: E501 (one case, one line)
"""Each case is a status as a controller writes it, cut to what the rules read."""

import pytest

from deployer.wait.judge import judge
from deployer.yaml.reader import read

CASES = {
    # name: (expected state, part of the message, object)
    "deployment rolled out": ("ready", "", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 3}
spec: {replicas: 2}
status: {observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2}
"""),
    "deployment with the status of the generation before": ("progressing", "not seen", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 4}
spec: {replicas: 2}
status: {observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2}
"""),
    "deployment with an old replica": ("progressing", "1 old replicas", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 2}
spec: {}
status: {observedGeneration: 2, replicas: 2, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2}
"""),
    "deployment past its deadline": ("failed", "has timed out progressing", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 2}
spec: {replicas: 1}
status:
  observedGeneration: 2
  replicas: 1
  updatedReplicas: 1
  unavailableReplicas: 1
  conditions:
  - {type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: ReplicaSet "web-1" has timed out progressing.}
"""),
    "deployment over quota": ("progressing", "exceeded quota", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 1}
spec: {replicas: 2}
status:
  observedGeneration: 1
  conditions:
  - {type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "web-1" is forbidden: exceeded quota'}
"""),
    "deployment of none": ("ready", "", """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 1}
spec: {replicas: 0}
status: {observedGeneration: 1}
"""),
    "statefulset in the middle of a rolling update": ("progressing", "1 of 3 replicas are updated", """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, generation: 2}
spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}}
status: {observedGeneration: 2, replicas: 3, readyReplicas: 3, updatedReplicas: 1, currentRevision: db-1, updateRevision: db-2}
"""),
    "statefulset updated up to its partition": ("ready", "", """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, generation: 2}
spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}}
status: {observedGeneration: 2, replicas: 3, readyReplicas: 3, updatedReplicas: 1, currentRevision: db-1, updateRevision: db-2}
"""),
    "statefulset that is replaced by hand": ("ready", "deleted", """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, generation: 2}
spec: {replicas: 1, updateStrategy: {type: OnDelete}}
status: {observedGeneration: 2, replicas: 1, readyReplicas: 1, currentRevision: db-1, updateRevision: db-2}
"""),
    "daemonset on two of three nodes": ("progressing", "2 of 3 nodes", """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, generation: 1}
spec: {}
status: {observedGeneration: 1, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2}
"""),
    "job that ended well": ("ready", "", """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
status: {succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: "True"}, {type: Complete, status: "True"}]}
"""),
    "job that failed": ("failed", "BackoffLimitExceeded", """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
status: {failed: 1, conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit}]}
"""),
    "job that runs": ("progressing", "1 pods run", """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
status: {active: 1}
"""),
    "pod that ended": ("ready", "", "{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {phase: Succeeded}}"),
    "pod that failed": ("failed", "Evicted", "{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {phase: Failed, reason: Evicted}}"),
    "service without an address": ("progressing", "address", "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {}}"),
    "headless service": ("ready", "", "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {clusterIP: None}}"),
    "claim that waits for its pod": ("ready", "not bound", "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, status: {phase: Pending}}"),
    "claim whose volume is lost": ("failed", "lost", "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c}, status: {phase: Lost}}"),
    "custom resource that is not ready": ("progressing", "Creating: soon", """
apiVersion: db.example/v1
kind: Database
metadata: {name: d, generation: 1}
status: {observedGeneration: 1, conditions: [{type: Ready, status: "False", reason: Creating, message: soon}]}
"""),
    "custom resource that has stalled": ("failed", "NoMoney", """
apiVersion: db.example/v1
kind: Database
metadata: {name: d, generation: 1}
status: {conditions: [{type: Stalled, status: "True", reason: NoMoney}]}
"""),
    "custom resource without a status": ("ready", "", "{apiVersion: x.example/v1, kind: Thing, metadata: {name: t, generation: 1}}"),
    "config map": ("ready", "", "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_health_is_judged_by_the_kinds_own_rules(name):
    state, message, text = CASES[name]
    health = judge(read(text, name)[0].value)
    assert health.state == state
    assert message in health.message
