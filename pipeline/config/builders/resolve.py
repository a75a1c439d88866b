"""What is written about steps and the docker server → those of a build."""

from pipeline.config.builders import model
from pipeline.config.builders.plan import CommandsStep, DockerServer, Step


def steps(written: tuple[model.Step, ...], folder: str) -> tuple[Step, ...]:
    """`folder` is the service's in its repository; empty: the repository is the service."""
    return tuple(_step(step, folder) for step in written)


def docker_server(written: model.DockerServer | None) -> DockerServer | None:
    return DockerServer(written.size, written.security_groups) if written else None


def _step(step: model.Step, folder: str) -> Step:
    enter = (f"cd '{folder}'",) if folder else ()
    files = tuple(f"{folder}/{path}" if folder else path for path in step.files)
    return CommandsStep(step.name, (*enter, *step.commands), step.variables, files)
