"""Where a preview can be reached, as its Ingresses and load balancers say."""

from collections.abc import Iterator
from typing import Any

from deployer.errors import DeployError
from deployer.kube.client import Kube
from deployer.objects import Object


def addresses(kube: Kube, namespace: str) -> list[str]:
    """URLs, sorted; none while nothing has an address. A kind that cannot be listed has none."""
    services = _list(kube, f"/api/v1/namespaces/{namespace}/services")
    ingresses = _list(kube, f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses")
    return sorted({*_of_ingresses(ingresses), *_of_services(services)})


def _of_ingresses(found: list[Object]) -> Iterator[str]:
    for each in found:
        secure = {host for tls in each["spec"].get("tls") or [] for host in tls.get("hosts") or []}
        named = [rule["host"] for rule in each["spec"].get("rules") or [] if rule.get("host")]
        for host in named or _balancers(each):
            yield f"{'https' if host in secure else 'http'}://{host}"


def _of_services(found: list[Object]) -> Iterator[str]:
    for each in found:
        for host in _balancers(each):
            for port in each["spec"].get("ports") or []:
                yield f"http://{host}:{port['port']}"


def _balancers(item: Object) -> list[str]:
    given: list[dict[str, Any]] = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [str(each.get("hostname") or each.get("ip")) for each in given]


def _list(kube: Kube, path: str) -> list[Object]:
    try:
        found: list[Object] = kube.request("GET", path)["items"]
    except DeployError:
        return []
    return found
