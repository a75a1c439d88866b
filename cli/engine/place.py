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
    target: str = ""  # of several targets of the environment, which
    cluster: str = ""  # the target's
    whole: bool = False  # all targets of the environment

    @property
    def label(self) -> str:
        """The environment, or its target: ENVIRONMENT/TARGET."""
        return f"{self.environment}/{self.target}" if self.target else self.environment

    @property
    def told(self) -> str:
        return f"{self.service} in {self.label}"


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
    """The same, for what applies objects; CommandError (2) where another one applies them."""
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
    if place.definition and place.definition.by_action:
        raise CommandError(
            f"{place.told} is deployed by CodePipeline's EKS action, not from a desk",
            f"push; or go back by the pipeline: aws codepipeline rollback-stage --pipeline-name {place.service} "
            f"--stage-name {place.environment} --target-pipeline-execution-id ID "
            "(aws codepipeline list-pipeline-executions lists them)",
        )
    return place


def find_whole(arguments: argparse.Namespace) -> Place:
    """As find_place; an environment with targets may be meant as a whole, too."""
    folder = arguments.folder or Path()
    if arguments.env and not arguments.name and (folder / FILE).is_file():
        from cli.definition import load_service

        service = load_service(folder)
        if any(each.targets and each.name == arguments.env for each in service.environments):
            return Place(service.name, arguments.env, "", definition=service, whole=True)
    return find_place(arguments)


def environments(arguments: argparse.Namespace) -> list[Place]:
    """The place that is meant, each target of an environment that has some, or all of pipeline.yaml's."""
    labels = _labels(arguments)
    first = find_place(argparse.Namespace(**{**vars(arguments), "env": labels[0] if labels else arguments.env}))
    rest = [find_place(argparse.Namespace(**{**vars(arguments), "env": label})) for label in labels[1:]]
    return [first, *rest]


def _labels(arguments: argparse.Namespace) -> list[str]:
    """Of pipeline.yaml, where there is one."""
    folder = arguments.folder or Path()
    if arguments.name or not (folder / FILE).is_file():
        return []
    from cli.definition import load_service

    return [part.label for part in load_service(folder).parts if arguments.env in (None, part.name, part.label)]


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
    known = {part.label: part for part in service.parts}
    name = arguments.env or (next(iter(known)) if len(known) == 1 else "")
    if name not in known:
        raise CommandError(_missing(service, name), f"choose with --env: {', '.join(known)}")
    target = known[name]
    return Place(
        service.name,
        target.name,
        arguments.namespace or target.namespace,
        _patience(arguments, target.wait.total_seconds()),
        _share(arguments, target.prune_share),
        _forces(arguments) or target.force_conflicts,
        _others(arguments) or target.other_namespaces,
        service.deployer.history,
        tuple(image.name for image in service.images),
        (*service.filled, *(secret.name for secret in target.secrets)),
        service,
        target.at.name if target.at else "",
        target.at.cluster if target.at else "",
    )


def _missing(service: "Service", name: str) -> str:
    if not name:
        return f"{service.name} has several environments"
    if any(target.name == name for target in service.environments):
        return f"{name} of {service.name} has several targets"
    return f"{service.name} has no environment {name}"


def _patience(arguments: argparse.Namespace, usual: float) -> float:
    return getattr(arguments, "timeout", None) or usual


def _share(arguments: argparse.Namespace, usual: float) -> float:
    percent = getattr(arguments, "prune", None)
    return usual if percent is None else percent / 100


def _others(arguments: argparse.Namespace) -> tuple[str, ...]:
    return tuple(getattr(arguments, "other_namespace", ()))


def _forces(arguments: argparse.Namespace) -> bool:
    return bool(getattr(arguments, "force_conflicts", False))
