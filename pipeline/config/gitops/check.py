"""What is wrong with releases by commit: what would start itself again, what two would write, what is asked in vain."""

from collections.abc import Iterator

from pipeline.config.gitops.model import GitOps
from pipeline.config.model import PipelineConfig
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import CodeCommitSource, Service

# Keys of an environment that are about applying objects, which another does there.
APPLYING = ("prune", "force_conflicts", "other_namespaces", "rollout")


def findings(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    if config.gitops is None:
        return
    yield from _loop(config.gitops, service)
    yield from _environments(config.gitops, service)
    yield from _shared(config.gitops, service)
    yield from _beside(config, service)


def _loop(given: GitOps, service: Service) -> Iterator[Finding]:
    source = service.source
    if isinstance(source, CodeCommitSource) and source.repository == given.codecommit:
        wrong = f"{given.codecommit} is the pipeline's own source: each release would start the next one"
        yield Finding(("gitops", "codecommit"), wrong, "keep the configuration in a repository of its own")


def _environments(given: GitOps, service: Service) -> Iterator[Finding]:
    names = [target.name for target in service.environments]
    listed: list[tuple[Path, str]] = [
        (("gitops", "environments", i), name) for i, name in enumerate(given.environments or ())
    ]
    for where, name in listed:
        if name not in names:
            yield Finding(where, f"there is no environment {name}", f"name some of {', '.join(names)}")
    yield from repeated(listed, "once is enough")


def _shared(given: GitOps, service: Service) -> Iterator[Finding]:
    """A release to one environment must not be one to the next, nor be judged by it."""
    if sum(target.gitops is not None for target in service.environments) < 2:
        return
    for key, value in (("path", given.path), ("application", given.application or "{environment}")):
        if "{environment}" not in value:
            wrong = f"the environments would share `{value}`"
            yield Finding(("gitops", key), wrong, "put `{environment}` into it, so that each has its own")


def _beside(config: PipelineConfig, service: Service) -> Iterator[Finding]:
    by_commit = [target.gitops is not None for target in service.environments]
    if config.deploy is not None and all(by_commit):
        remedy = "keep one of them, or list under `gitops: environments:` which ones it is for"
        yield Finding(("deploy",), "`gitops` delivers to all environments: nothing is applied from here", remedy)
    asked = service.secrets or any(target.secrets for target in service.environments)
    if asked and any(by_commit):
        wrong = "a deployer that commits puts no Secret into a namespace"
        yield Finding(("secrets",), wrong, "leave them out, and let an operator such as External Secrets bring them")
    for index, environment in enumerate(config.environments):
        for key in APPLYING if by_commit[index] else ():
            if key in environment.model_fields_set:
                wrong = f"{environment.name} is delivered by `gitops`: what is applied there, its reconciler decides"
                yield Finding(("environments", index, key), wrong, "leave the key out, and set it there")
