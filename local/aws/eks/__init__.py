"""EKS: the API of clusters and what belongs to them, in moto's place.

moto has no access entries, add-ons or pod identities, and its clusters' endpoints lead nowhere. Here the one cluster
behind every name is the machine's own node; its access entries are what authorizes there.
"""

from moto.eks import urls

from local.aws.clients import Aws
from local.aws.eks.model import AccessEntry, AccessPolicy
from local.aws.eks.registry import Listener, Registry
from local.aws.eks.response import Response
from local.aws.server import AwsServer
from local.context import Context

PATH = "{0}/(?P<path>.+)$"


def install(context: Context, server: AwsServer) -> None:
    registry = Registry(Aws(context))
    Response.registry, Response.identity = registry, context.identity
    server.snapshot.keep(
        "clusters", lambda: registry.clusters, lambda clusters: setattr(registry, "clusters", clusters)
    )
    urls.url_paths = {PATH: Response.dispatch}


def access_entries(cluster: str) -> list[AccessEntry]:
    """Who may do what in a cluster; nobody in one that does not exist."""
    return Response.registry.access_entries(cluster)


def clusters() -> list[str]:
    return sorted(Response.registry.clusters)


def on_change(listener: Listener) -> None:
    """Call `listener` with a cluster's name whenever its access entries may have changed, in the request's thread."""
    Response.registry.listeners.append(listener)


__all__ = ["AccessEntry", "AccessPolicy", "access_entries", "clusters", "install", "on_change"]
