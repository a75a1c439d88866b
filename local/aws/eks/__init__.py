"""EKS: the API of clusters and what belongs to them, in moto's place.

moto has no access entries, add-ons or pod identities, and its clusters' endpoints lead nowhere. Here the one cluster
behind every name is the machine's own node; its access entries are what authorizes there.
"""

from moto.eks import urls

from local.aws.clients import Aws, home_of
from local.aws.eks.model import AccessEntry, AccessPolicy
from local.aws.eks.places import Places
from local.aws.eks.registry import Listener, Registry
from local.aws.eks.response import Response
from local.aws.server import AwsServer
from local.context import Context

PATH = "{0}/(?P<path>.+)$"


def install(context: Context, server: AwsServer) -> None:
    places = Places(lambda place, listeners: Registry(Aws(context, place), listeners=listeners), home_of(context))
    Response.places, Response.identity = places, context.identity
    server.snapshot.keep("clusters", lambda: places.at(places.home).clusters, places.put_home)
    server.snapshot.keep("clusters elsewhere", places.elsewhere, places.put_elsewhere)
    urls.url_paths = {PATH: Response.dispatch}


def access_entries(cluster: str) -> list[AccessEntry]:
    """Who may do what in the clusters of a name, whatever their accounts and regions: one node stands behind all of
    them. Nobody in one that does not exist."""
    return [entry for registry in Response.places.all() for entry in registry.access_entries(cluster)]


def clusters() -> list[str]:
    return sorted({name for registry in Response.places.all() for name in registry.clusters})


def on_change(listener: Listener) -> None:
    """Call `listener` with a cluster's name whenever its access entries may have changed, in the request's thread."""
    Response.places.listeners.append(listener)


__all__ = ["AccessEntry", "AccessPolicy", "access_entries", "clusters", "install", "on_change"]
