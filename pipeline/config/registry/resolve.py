"""The keys below `registry:` → RegistryPlan."""

from collections.abc import Iterator

from pipeline.config.registry.model import Cache, Harbor, Registry
from pipeline.config.registry.plan import CacheRule, Copy, HarborPlan, RegistryPlan

# By key: ECR's word, the end of the prefix, and the address.
UPSTREAMS = {
    "docker_hub": ("docker-hub", "hub", "registry-1.docker.io"),
    "github": ("github-container-registry", "github", "ghcr.io"),
    "gitlab": ("gitlab-container-registry", "gitlab", "registry.gitlab.com"),
    "public": ("ecr-public", "public", "public.ecr.aws"),
    "quay": ("quay", "quay", "quay.io"),
    "k8s": ("k8s", "k8s", "registry.k8s.io"),
}


def resolve(service: str, registry: Registry | None) -> RegistryPlan:
    if registry is None:
        return RegistryPlan()
    copies = registry.replicate.to if registry.replicate else ()
    return RegistryPlan(
        keep=registry.keep,
        key=registry.key if isinstance(registry.key, str) else None,
        makes_key=registry.key is True,
        cache=tuple(_rules(service, registry.cache)) if registry.cache else (),
        copies=tuple(Copy(each.region, each.account) for each in copies),
        harbor=_harbor(registry.harbor) if registry.harbor else None,
    )


def _rules(service: str, cache: Cache) -> Iterator[CacheRule]:
    """A service's name has no dot: the prefix is nobody else's."""
    for key, (upstream, name, url) in UPSTREAMS.items():
        if wanted := getattr(cache, key):
            yield CacheRule(upstream, name, url, f"{service}.{name}", None if wanted is True else wanted)


def _harbor(given: Harbor) -> HarborPlan:
    return HarborPlan(given.host, given.project, given.robot, given.pull, given.key)
