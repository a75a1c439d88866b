"""What Helm did behind our back: objects that its newest revision brought, or deleted and made again."""

from collections.abc import Collection, Iterable

from deployer.helm.revision import Revision
from deployer.inventory import Member
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Key, Object, key_of
from deployer.render.documents import objects

OWNED = frozenset({"deployed", "failed", "pending-install", "pending-upgrade", "pending-rollback"})


def strangers(cluster: Cluster, last: Revision, namespace: str, wanted: Collection[Identity]) -> list[Member]:
    """Members to be, with the uids of now: live, marked as the release's, and no longer wanted."""
    if last.mark or last.status not in OWNED:
        return []
    release = str(last.release["name"])
    keys = [key for key in _keys(cluster, last, namespace) if key.identity not in wanted]
    found = cluster.kube.map(lambda key: (key, cluster.get(key)), keys)
    return [
        Member(*key, uid=str(live["metadata"]["uid"]), adopted=True)
        for key, live in found
        if live and marked(live, release, namespace)
    ]


def marked(live: Object, release: str, namespace: str) -> bool:
    """Whether an object carries Helm's marks of a release."""
    notes = live["metadata"].get("annotations") or {}
    return notes.get("meta.helm.sh/release-name") == release and (
        notes.get("meta.helm.sh/release-namespace") == namespace
    )


def _keys(cluster: Cluster, last: Revision, namespace: str) -> Iterable[Key]:
    for item in objects(str(last.release.get("manifest") or ""), f"Helm release {last.release['name']}"):
        key = key_of(item)
        resource = cluster.resources.find(key)
        if resource is not None:
            yield key._replace(namespace=(key.namespace or namespace) if resource.namespaced else "")
