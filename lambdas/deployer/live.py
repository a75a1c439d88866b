"""What is there: the metadata of every object of the kinds and namespaces that are asked for, a LIST each."""

from collections.abc import Iterable

from deployer.errors import Fatal
from deployer.kube.errors import ApiError, Forbidden
from deployer.kube.verbs import Cluster
from deployer.objects import Identity, Key, Object
from deployer.refusals import together


def listed(cluster: Cluster, keys: Iterable[Key]) -> dict[Identity, Object]:
    """Metadata by identity. Kinds that the server does not serve have no objects; a refused LIST is an error."""
    kinds: dict[tuple[str, str, str], Key] = {}
    for key in keys:
        place = (key.group, key.kind, key.namespace)
        if place not in kinds:
            served = cluster.resources.find(key) or cluster.resources.any_version(key.group, key.kind)
            if served:
                kinds[place] = key._replace(version=served.version)
    answers = cluster.kube.many(cluster.list_call(key) for key in kinds.values())
    refused = [
        _refused(cluster, key, answer)
        for key, answer in zip(kinds.values(), answers, strict=True)
        if isinstance(answer, ApiError)
    ]
    if refused:
        raise together(refused)
    return {
        Identity(key.group, key.kind, str(item["metadata"].get("namespace") or ""), item["metadata"]["name"]): item[
            "metadata"
        ]
        for key, answer in zip(kinds.values(), answers, strict=True)
        if isinstance(answer, dict)
        for item in answer.get("items") or []
    }


def _refused(cluster: Cluster, key: Key, error: ApiError) -> Fatal:
    if not isinstance(error, Forbidden):
        return error
    plural = cluster.resources.of(key).plural + (f".{key.group}" if key.group else "")
    return Fatal(
        f"the deployer may not list {plural}: {error.status.message}",
        subject=str(key),
        remedy=(
            f"{error.remedy} Each kind is read by one `list`, for which `get` is not enough: AmazonEKSEditPolicy "
            f"allows both; a Role of your own needs get, list, create, patch and delete for {plural}."
        ),
        kind=error.kind,
    )
