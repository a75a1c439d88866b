"""Arguments -> the place of a release: a service's environment, by its pipeline.yaml or by plain options."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import CommandError
from deployer.values import dataclass

if TYPE_CHECKING:
    from pipeline.config import Service

FILE = "pipeline.yaml"
PATIENCE = 600.0  # seconds, as in pipeline.yaml
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True)
class Place:
    service: str
    environment: str
    namespace: str  # "" for the kubeconfig context's
    patience: float = PATIENCE
    prune_share: float = 0.5
    force_conflicts: bool = False
    other_namespaces: tuple[str, ...] = ()  # which the release may put objects into besides its own
    history: int = 10  # revisions that a Helm release keeps
    images: tuple[str, ...] = ()  # that the pipeline builds
    secrets: tuple[str, ...] = ()  # that the pipeline fills
    definition: "Service | None" = None  # of pipeline.yaml, where there is one

    @property
    def told(self) -> str:
        return f"{self.service} in {self.environment}"


def find_place(arguments: argparse.Namespace) -> Place:
    """CommandError (2) when it is not said, or said twice."""
    folder = arguments.folder or Path()
    if arguments.name:
        if arguments.folder:
            raise CommandError("--name goes without a service's folder", "leave one of them out")
        return _plain(arguments)
    if not (folder / FILE).is_file():
        raise CommandError(
            f"there is no {FILE} in {folder.resolve()}",
            "name the service's folder; or deliver without one: --name NAME --namespace NS -f PATH",
        )
    return _of_definition(arguments, folder)


def applied_place(arguments: argparse.Namespace) -> Place:
    """The same, for what applies objects; CommandError (2) where releases are commits that another one applies."""
    place = find_place(arguments)
    targets = place.definition.environments if place.definition else ()
    by_commit = next((target.gitops for target in targets if target.name == place.environment), None)
    if by_commit:
        raise CommandError(
            f"{place.told} is delivered by commits to {by_commit.repository} ({by_commit.path}), not from a desk",
            f"push, revert a commit there, or go back by the pipeline: aws codepipeline rollback-stage "
            f"--pipeline-name {place.service} --stage-name {place.environment} "
            "--target-pipeline-execution-id ID (shipline releases lists them; shipline hold keeps later ones out)",
        )
    return place


def environments(arguments: argparse.Namespace) -> list[Place]:
    """The place that is meant, or all of pipeline.yaml's when none is named."""
    first = find_place(argparse.Namespace(**{**vars(arguments), "env": arguments.env or _any(arguments)}))
    if arguments.env or first.definition is None:
        return [first]
    names = [target.name for target in first.definition.environments]
    return [find_place(argparse.Namespace(**{**vars(arguments), "env": name})) for name in names]


def _any(arguments: argparse.Namespace) -> str | None:
    if arguments.name:
        return None
    from cli.definition import load_service

    return load_service(arguments.folder or Path()).environments[0].name


def _plain(arguments: argparse.Namespace) -> Place:
    for option, value in (("--name", arguments.name), ("--namespace", arguments.namespace), ("--env", arguments.env)):
        if value and not _NAME.match(value):
            raise CommandError(
                f"{option} {value!r} is not a name", "use at most 63 lower-case letters, digits and hyphens"
            )
    namespace = arguments.namespace or ""
    patience = _patience(arguments, PATIENCE)
    return Place(
        arguments.name,
        arguments.env or namespace,
        namespace,
        patience,
        _share(arguments, 0.5),
        _forces(arguments),
        _others(arguments),
    )


def _of_definition(arguments: argparse.Namespace, folder: Path) -> Place:
    from cli.definition import load_service  # a third of a second: only where a definition is read

    service = load_service(folder)
    known = {target.name: target for target in service.environments}
    name = arguments.env or (next(iter(known)) if len(known) == 1 else "")
    if name not in known:
        missing = f"{service.name} has no environment {name}" if name else f"{service.name} has several environments"
        raise CommandError(missing, f"choose with --env: {', '.join(known)}")
    target = known[name]
    return Place(
        service.name,
        name,
        arguments.namespace or target.namespace,
        _patience(arguments, target.wait.total_seconds()),
        _share(arguments, target.prune_share),
        _forces(arguments) or target.force_conflicts,
        _others(arguments) or target.other_namespaces,
        service.deployer.history,
        tuple(image.name for image in service.images),
        (*service.filled, *(secret.name for secret in target.secrets)),
        service,
    )


def _patience(arguments: argparse.Namespace, usual: float) -> float:
    return getattr(arguments, "timeout", None) or usual


def _share(arguments: argparse.Namespace, usual: float) -> float:
    percent = getattr(arguments, "prune", None)
    return usual if percent is None else percent / 100


def _others(arguments: argparse.Namespace) -> tuple[str, ...]:
    return tuple(getattr(arguments, "other_namespace", ()))


def _forces(arguments: argparse.Namespace) -> bool:
    return bool(getattr(arguments, "force_conflicts", False))
