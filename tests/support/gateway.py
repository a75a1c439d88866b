"""HTTPRoutes without a gateway: their definition as the standard channel has it, as far as weights need it, and a
controller that accepts each route as it is and remembers how its traffic was shared."""

import contextlib
import threading
from typing import Any

from deployer.definitions import until_served
from deployer.kube.errors import ApiError, Conflict
from deployer.kube.resources import Resources
from deployer.kube.verbs import Cluster
from tests.support.controlplane import ControlPlane

GROUP = "gateway.networking.k8s.io"
_TEXT = {"type": "string", "minLength": 1, "maxLength": 253}
_PORT = {"type": "integer", "format": "int32", "minimum": 1, "maximum": 65535}


def _list(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "maxItems": most, "x-kubernetes-list-type": "atomic"}


def _object(required: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, **({"required": list(required)} if required else {})}


_REFERENCE = {"name": _TEXT, "namespace": _TEXT, "port": _PORT}
_BACKEND = _object(
    ("name",),
    **_REFERENCE,
    group={"type": "string", "default": "", "maxLength": 253},
    kind={**_TEXT, "default": "Service"},
    weight={"type": "integer", "format": "int32", "default": 1, "minimum": 0, "maximum": 1000000},
)
_PARENT = _object(
    ("name",),
    **_REFERENCE,
    group={"type": "string", "default": GROUP, "maxLength": 253},
    kind={**_TEXT, "default": "Gateway"},
    sectionName=_TEXT,
)
_MATCH = _object(
    path={
        **_object(
            type={"type": "string", "default": "PathPrefix", "enum": ["Exact", "PathPrefix", "RegularExpression"]},
            value={"type": "string", "default": "/", "maxLength": 1024},
        ),
        "default": {"type": "PathPrefix", "value": "/"},
    }
)
_RULE = _object(matches=_list(_MATCH, 64), backendRefs=_list(_BACKEND, 16))
_CONDITION = _object(
    ("lastTransitionTime", "message", "reason", "status", "type"),
    lastTransitionTime={"type": "string", "format": "date-time"},
    message={"type": "string"},
    observedGeneration={"type": "integer", "format": "int64"},
    reason={"type": "string"},
    status={"type": "string", "enum": ["True", "False", "Unknown"]},
    type={"type": "string"},
)
_CONDITIONS = {
    "type": "array",
    "items": _CONDITION,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}
_ANSWER = _object(
    ("controllerName", "parentRef"), parentRef=_PARENT, controllerName={"type": "string"}, conditions=_CONDITIONS
)
HTTP_ROUTE = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": f"httproutes.{GROUP}",
        # The API server asks it of whoever defines kinds of a protected group.
        "annotations": {"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/gateway-api/pull/3328"},
    },
    "spec": {
        "group": GROUP,
        "names": {"kind": "HTTPRoute", "listKind": "HTTPRouteList", "plural": "httproutes", "singular": "httproute"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": _object(
                        ("spec",),
                        apiVersion={"type": "string"},
                        kind={"type": "string"},
                        metadata={"type": "object"},
                        spec=_object(
                            parentRefs=_list(_PARENT, 32),
                            hostnames=_list(_TEXT, 16),
                            rules=_list(_RULE, 16),
                        ),
                        status=_object(("parents",), parents=_list(_ANSWER, 32)),
                    )
                },
            }
        ],
    },
}
ACCEPTED = ("Accepted", "ResolvedRefs")
_THEN = "2026-01-01T00:00:00Z"
_PATH = f"/apis/{GROUP}/v1/httproutes"


def define(plane: ControlPlane) -> None:
    """The kind is served when this returns."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    with contextlib.suppress(Conflict):
        plane.admin.request("POST", path, body=HTTP_ROUTE)
    until_served(Cluster(plane.admin, Resources(plane.admin)), [HTTP_ROUTE])


class Gateway:
    """`shares[namespace]`: how the traffic of its routes was shared, one after the other."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self.shares: dict[str, list[dict[str, int]]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Gateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(0.05):
            for route in self._plane.admin.get(_PATH)["items"]:
                self._see(route)

    def _see(self, route: dict[str, Any]) -> None:
        meta, spec = route["metadata"], route["spec"]
        seen = self.shares.setdefault(meta["namespace"], [])
        shared = {each["name"]: each["weight"] for rule in spec["rules"] for each in rule["backendRefs"]}
        if not seen or seen[-1] != shared:
            seen.append(shared)
        answered = (route.get("status") or {}).get("parents") or []
        if answered and answered[0]["conditions"][0]["observedGeneration"] == meta["generation"]:
            return
        said = {"status": "True", "reason": "Accepted", "message": "", "lastTransitionTime": _THEN}
        told = [{**said, "type": kind, "observedGeneration": meta["generation"]} for kind in ACCEPTED]
        parents = [
            {"parentRef": parent, "controllerName": "test/gateway", "conditions": told} for parent in spec["parentRefs"]
        ]
        path = f"/apis/{GROUP}/v1/namespaces/{meta['namespace']}/httproutes/{meta['name']}/status"
        try:
            self._plane.admin.request(
                "PATCH", path, body={"status": {"parents": parents}}, content="application/merge-patch+json"
            )
        except ApiError:
            return  # it was deleted, or is another one by now: the next round sees
