"""What we leave in a cluster, and what kubectl and helm leave in another: equal but for managers and times."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.charts import CHARTS
from tests.support.controlplane import ControlPlane, control_plane
from tests.support.delivery import deployment, layer_tools
from tests.support.desk import Desk, desk_at, until
from tests.support.equal import differences, live

# The values of both helms' releases: what is on, what a person would type, and hooks that stay.
FIRST = "image: {tag: '1'}\nhooks: true\nextra: true\ncolor: red\n"
SECOND = "image: {tag: '2'}\nhooks: true\nreplicas: 2\nprecious: true\n"


@pytest.fixture(scope="module")
def theirs() -> Iterator[ControlPlane]:
    with control_plane() as running:
        yield running


@pytest.fixture(scope="module")
def ours() -> Iterator[ControlPlane]:
    """Not the other tests' one: what lies in no namespace is compared as well."""
    with control_plane() as running:
        yield running


@pytest.fixture
def pair(ours: ControlPlane, theirs: ControlPlane, tmp_path: Path, request: pytest.FixtureRequest) -> "Pair":
    """Our desk; their tools; and what differs between the two namespaces once both have come to rest."""
    namespace = str(request.node.name).replace("_", "-")[:40].strip("-")
    desk = desk_at(ours, tmp_path, namespace)
    theirs.admin.request(
        "POST", "/api/v1/namespaces", body={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    )

    def run(tool: str, *words: str) -> str:
        argv = [str(getattr(layer_tools(), tool)), *words, "--namespace", namespace]
        environ = {"KUBECONFIG": str(theirs.kubeconfig), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        done = subprocess.run(argv, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def compared() -> list[str]:
        found: list[str] = []

        def same() -> bool:
            found[:] = differences(live(ours.admin, namespace), live(theirs.admin, namespace))
            return not found

        with contextlib.suppress(AssertionError):  # what still differs is told by the test
            until(same, 20)
        return found

    return desk, run, compared


Pair = tuple[Desk, Callable[..., str], Callable[[], list[str]]]


def write(desk: Desk, files: Mapping[str, str]) -> None:
    for old in (desk.folder / "manifests").glob("*"):
        old.unlink()
    desk.write({f"manifests/{name}": text for name, text in files.items()})


def test_manifests_applied_upgraded_pruned_and_rolled_back(pair: Pair) -> None:
    desk, kubectl, compared = pair
    tree = {name: text.replace("NAMESPACE", desk.namespace) for name, text in TREE.items()}
    write(desk, tree)
    desk.run("deploy", "-f", "manifests")
    kubectl("kubectl", "apply", "--server-side", "-f", "manifests/crd.yaml")
    kubectl("kubectl", "wait", "--for=condition=Established", "crd/teas.example.com")
    kubectl("kubectl", "apply", "--server-side", "-f", "manifests")
    assert compared() == []

    changed = {name: text.replace("port: 80", "port: 81").replace("v: 1", "v: 2") for name, text in tree.items()}
    gone = ("jobs.yaml", "rules.yaml", "tea.yaml")
    for name in gone:
        kubectl("kubectl", "delete", "-f", f"manifests/{name}")
    write(
        desk, {name: text for name, text in changed.items() if name not in gone} | {"web.yaml": deployment(replicas=2)}
    )
    desk.run("deploy", "-f", "manifests", "--prune", "100")
    kubectl("kubectl", "apply", "--server-side", "-f", "manifests")
    assert compared() == []

    desk.run("rollback")
    write(desk, tree)
    kubectl("kubectl", "apply", "--server-side", "-f", "manifests")
    assert compared() == []


def test_a_chart_installed_upgraded_and_rolled_back(pair: Pair) -> None:
    desk, tool, compared = pair
    desk.write({"1.yaml": FIRST, "2.yaml": SECOND})
    shop = str(CHARTS / "shop")
    desk.run("deploy", "--chart", shop, "--values", "1.yaml")
    tool("helm", "install", "shop", shop, "--values", "1.yaml")
    assert compared() == []
    desk.run("deploy", "--chart", shop, "--values", "2.yaml", "--prune", "100")
    tool("helm", "upgrade", "shop", shop, "--values", "2.yaml")
    assert compared() == []
    desk.run("rollback")
    tool("helm", "rollback", "shop", "1")
    assert compared() == []


TREE = {
    "crd.yaml": """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: teas.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Tea, plural: teas, singular: tea, listKind: TeaList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {cups: {type: integer, default: 3}, leaf: {type: string}}}
""",
    "tea.yaml": """\
apiVersion: example.com/v1
kind: Tea
metadata: {name: green, namespace: NAMESPACE}
spec: {leaf: "no"}
""",
    "config.yaml": """\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: odd, namespace: NAMESPACE, annotations: {note: "1e3"}}
  data: {v: "v: 1", text: "a\\n b\\n", empty: "", yes: "on"}
  binaryData: {raw: AAEC}
- apiVersion: v1
  kind: Secret
  metadata: {name: token, namespace: NAMESPACE}
  stringData: {password: "0o17"}
  data: {old: aGVsbG8=}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: NAMESPACE}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: NAMESPACE}
spec: {accessModes: [ReadWriteOnce], storageClassName: later, resources: {requests: {storage: 1Gi}}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: later}
provisioner: example.com/none
volumeBindingMode: WaitForFirstConsumer
""",
    "rules.yaml": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: NAMESPACE}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: web, namespace: NAMESPACE}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: NAMESPACE}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: NAMESPACE}
spec: {maxUnavailable: 50%, selector: {matchLabels: {app: none}}}
""",
    "services.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NAMESPACE}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}, {name: dns, port: 53, protocol: UDP}]
---
apiVersion: v1
kind: Service
metadata: {name: names, namespace: NAMESPACE}
spec: {clusterIP: None, selector: {app: queue}, ports: [{port: 5672}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: none}
spec: {controller: example.com/none}
""",
    "web.yaml": deployment(),
    "queue.yaml": """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: queue, namespace: NAMESPACE, labels: {app: queue}}
spec:
  serviceName: names
  replicas: 2
  selector: {matchLabels: {app: queue}}
  template:
    metadata: {labels: {app: queue}, annotations: {test/pod: ready}}
    spec:
      serviceAccountName: web
      terminationGracePeriodSeconds: 0
      containers:
      - name: queue
        image: queue:1
        resources: {requests: {cpu: 0.25, memory: 64Mi}, limits: {memory: 1e9}}
        env: [{name: A, value: "1_000"}, {name: B, valueFrom: {configMapKeyRef: {name: odd, key: v}}}]
        ports: [{containerPort: 5672}]
        readinessProbe: {tcpSocket: {port: 5672}}
""",
    "jobs.yaml": """\
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: NAMESPACE}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: OnFailure, containers: [{name: job, image: "tools:1", args: ["yes", "0777"]}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: NAMESPACE}
spec:
  ttlSecondsAfterFinished: 3600
  template:
    metadata: {annotations: {test/pod: done}}
    spec: {restartPolicy: Never, containers: [{name: job, image: "tools:1"}]}
""",
}
