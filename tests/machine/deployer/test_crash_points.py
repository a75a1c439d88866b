"""A deployer is killed at every single API request of a release of thirty objects; the next one mends it by itself."""

import json

import pytest

from deployer.inventory import applyset_id, object_name
from deployer.target import Source
from tests.support.crash import Story, Tried, try_all
from tests.support.delivery import Place, config_map, deployment, layer_tools

pytestmark = pytest.mark.timeout(480)

WORKERS = 14
MEMBERS = (
    ("apis/apps/v1", "deployments"), ("api/v1", "configmaps"), ("api/v1", "secrets"), ("api/v1", "services"),
    ("api/v1", "serviceaccounts"), ("apis/batch/v1", "jobs"),
)  # fmt: skip
HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: {event}
  annotations:
    helm.sh/hook: "{event}-install,{event}-upgrade"
    helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"
spec:
  template:
    metadata: {{annotations: {{test/pod: done}}}}
    spec: {{restartPolicy: Never, containers: [{{name: app, image: shop/web}}]}}
"""
TEMPLATE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: chart}
data: {turn: "{{ .Values.turn }}"}
"""


def files(turn: int, pod: str = "ready") -> dict[str, str]:
    """Thirty objects: some of every turn alike, some changed by it, five that come and go with it."""
    many = [config_map(f"config-{n}", turn=str(turn)) for n in range(8)]
    many += [config_map(f"same-{n}", turn="0") for n in range(5)]
    many += [config_map(f"turn-{turn % 2}-{n}", turn="0") for n in range(5)]
    many += [secret(f"secret-{n}", turn) for n in range(3)]
    many += [service(f"service-{n}") for n in range(3)]
    many += [
        json.dumps({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"account-{n}"}}) for n in (0, 1)
    ]
    many += [deployment("web", pod, env=[{"name": "TURN", "value": str(turn)}]), deployment("steady")]
    return {
        "manifests/all.yaml": "\n---\n".join(many),
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "chart/values.yaml": f"turn: {turn}\nimage: shop/web\n",
        "chart/templates/config.yaml": TEMPLATE,
        "chart/templates/pre.yaml": HOOK.format(event="pre").replace("shop/web", "{{ .Values.image }}"),
        "chart/templates/post.yaml": HOOK.format(event="post").replace("shop/web", "{{ .Values.image }}"),
    }


def secret(name: str, turn: int) -> str:
    return json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"turn": str(turn)}}
    )


def service(name: str) -> str:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})


def wrong(place: Place, turn: int) -> str:
    """What is not as the release of this turn wants it: objects, contents, the journal, Helm's records."""
    wanted = {(f"config-{n}", str(turn)) for n in range(8)} | {(f"same-{n}", "0") for n in range(5)}
    wanted |= {(f"turn-{turn % 2}-{n}", "0") for n in range(5)} | {("chart", str(turn))}
    live = {path: members(place, *path) for path in MEMBERS}
    found = {(each["metadata"]["name"], each["data"]["turn"]) for each in live["api/v1", "configmaps"]}
    names = {
        kind: sorted(each["metadata"]["name"] for each in live[group, kind])
        for group, kind in MEMBERS
        if kind != "configmaps"
    }
    told = []
    if found != wanted:
        told.append(f"config maps: {sorted(found ^ wanted)}")
    expected = {
        "deployments": ["steady", "web"], "secrets": [f"secret-{n}" for n in range(3)],
        "services": [f"service-{n}" for n in range(3)], "serviceaccounts": ["account-0", "account-1"], "jobs": [],
    }  # fmt: skip
    told += [f"{kind}: {names[kind]}" for kind in expected if names[kind] != expected[kind]]
    journal, _ = place.world().inventory.read()
    if journal.stage != "succeeded" or journal.holder:
        told.append(f"journal: {journal.stage}, held by {journal.holder!r}")
    return "; ".join(told + records(place) + jobs(place))


def members(place: Place, group: str, kind: str) -> list[dict]:
    selector = f"applyset.kubernetes.io/part-of={applyset_id(object_name('shop'), place.namespace)}"
    path = f"/{group}/namespaces/{place.namespace}/{kind}"
    return place.plane.admin.get(path, labelSelector=selector).get("items") or []


def records(place: Place) -> list[str]:
    found = place.plane.admin.get(f"/api/v1/namespaces/{place.namespace}/secrets", labelSelector="owner=helm")
    states = sorted(
        (int(each["metadata"]["labels"]["version"]), each["metadata"]["labels"]["status"]) for each in found["items"]
    )
    deployed = [version for version, status in states if status == "deployed"]
    pending = any(status.startswith("pending") for _, status in states)
    return [] if deployed == [states[-1][0]] and not pending else [f"Helm records: {states}"]


def jobs(place: Place) -> list[str]:
    """Hooks are no members, but those that ended well are deleted by their policy."""
    left = place.plane.admin.get(f"/apis/batch/v1/namespaces/{place.namespace}/jobs")["items"]
    return [f"job {each['metadata']['name']} is left" for each in left]


def make(plane, name: str) -> Place:
    deliveries = (Source("manifests", "manifests"), Source("helm", "chart", "shop"))
    place = Place(plane, f"crash-{name}", layer_tools(), deliveries=deliveries, lease=1.0)
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place.namespace}}
    plane.admin.request("POST", "/api/v1/namespaces", body=body)
    return place


def report(tried: list[Tried]) -> str:
    return "\n".join(f"{each.point} at {each.request}: {each.broken}" for each in tried if each.broken)


def test_a_deployer_killed_at_any_request_of_a_release_is_mended_by_the_next(plane, place):
    story = Story(files(0), files, files, wrong)
    tried = try_all(plane, lambda on, name: make(on, f"apply-{name}"), story, WORKERS)
    assert report(tried) == ""
    assert len([each for each in tried if each.request]) > 120  # thirty objects tried, and applied twice
    assert {each.point.heard for each in tried} == {False, True}


def test_a_deployer_killed_at_any_request_of_a_release_that_goes_back_is_mended_by_the_next(plane, place):
    story = Story(files(0), lambda turn: files(turn, "crash"), files, wrong)
    tried = try_all(plane, lambda on, name: make(on, f"back-{name}"), story, WORKERS)
    assert report(tried) == ""
    assert any("secrets" in each.request for each in tried)
