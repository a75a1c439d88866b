"""What CodePipeline and CodeBuild would refuse of the steps in front of a build, and of a docker server."""

import json
from collections.abc import Iterator

from pipeline.config import handed
from pipeline.config.builders.plan import Step
from pipeline.config.plaintext import plain_secrets
from pipeline.config.problems import Finding, Path, repeated
from pipeline.config.service import Service, Source

VARIABLES = 10  # CodePipeline: environment variables of one step
COMMANDS = 50  # CodePipeline: commands of one step
INPUTS = 5  # CodeBuild: input artifacts of one action
CONFIGURATION = 1000  # CodePipeline: characters of one value in an action's configuration
FILE = 128  # CodePipeline: characters of a file's path
RESERVED = (*handed.GIT, "PIPELINE_EXECUTION_ID")
TAKEN = ("AWS_", "CODEBUILD_", "SHIPLINE_")


def findings(service: Service) -> Iterator[Finding]:
    steps = service.build.steps
    yield from repeated([(_at(index, "name"), step.name) for index, step in enumerate(steps)], "steps need names")
    yield from _names(steps)
    yield from _commands(service)
    yield from _variables(service.source, steps)
    yield from _files(service)
    yield from _server(service)


def _server(service: Service) -> Iterator[Finding]:
    build, where = service.build, ("build", "docker_server")
    if build.docker_server is None:
        return
    groups = build.docker_server.security_groups
    if build.network and not groups:
        remedy = "write `docker_server: {size: …, security_groups: […]}`, with groups that let the VPC in at port 9876"
        yield Finding(where, "a docker server in a VPC needs security groups", remedy)
    if groups and not build.network:
        wrong = "a docker server has security groups in a VPC alone"
        yield Finding((*where, "security_groups"), wrong, "leave them out, or write `build: {vpc: …}`")
    if build.cache:
        wrong = "a docker server keeps the layers of its builds already"
        yield Finding(where, wrong, "leave out `docker_server` or `cache`")
    own = "arm64" if build.arm else "amd64"
    for image in service.images:
        if any(platform != own for platform in image.platforms):
            wrong = (
                f"the image {image.name} needs emulation, whose privileged container no docker server is known to run"
            )
            yield Finding(where, wrong, "leave it out, or build all images for one and the same processor")


def _at(index: int, *more: str | int) -> Path:
    return ("build", "steps", index, *more)


def _names(steps: tuple[Step, ...]) -> Iterator[Finding]:
    for index, step in enumerate(steps):
        if step.name == "build":
            yield Finding(_at(index, "name"), "`build` is the build's own action", "name it otherwise")


def _commands(service: Service) -> Iterator[Finding]:
    entered = 1 if service.source.folder else 0
    for index, step in enumerate(service.build.steps):
        if len(step.commands) > COMMANDS:
            wrong = f"it has {len(step.commands)} commands with the one that enters {service.source.folder}"
            remedy = f"CodePipeline takes {COMMANDS}: put some into a script"
            yield Finding(_at(index, "commands"), wrong, remedy)
        for number, command in enumerate(step.commands[entered:]):
            if "#{" in command:
                wrong = "CodePipeline reads `#{` as a variable of its own, before any shell does"
                yield Finding(_at(index, "commands", number), wrong, "put the command into a script of the repository")
            for _, what in plain_secrets(command):
                wrong = f"{what} stands there in plain text"
                yield Finding(_at(index, "commands", number), wrong, "leave it out: a step has no secrets")


def _variables(source: Source, steps: tuple[Step, ...]) -> Iterator[Finding]:
    named: list[tuple[Path, str]] = [
        (_at(index, "variables", number), name)
        for index, step in enumerate(steps)
        for number, name in enumerate(step.variables)
    ]
    yield from repeated(named, "each variable is set by one step")
    for where, name in named:
        if name in RESERVED or name.startswith(TAKEN):
            yield Finding(where, f"{name} has a meaning of its own in a build", "name it otherwise")
    yield from _too_many(source, steps)


def _too_many(source: Source, steps: tuple[Step, ...]) -> Iterator[Finding]:
    before = [name for step in steps[:-1] for name in step.variables]
    if len(before) + len(handed.TO_STEPS) > VARIABLES:
        wrong = (
            f"the last step would get {len(before) + len(handed.TO_STEPS)} variables; CodePipeline takes {VARIABLES}"
        )
        yield Finding(("build", "steps"), wrong, "hand on fewer, or write them into a file of `files`")
    given = {**handed.to_build(source), **{key: value for step in steps for key, value in step.given.items()}}
    told = [{"name": name, "type": "PLAINTEXT", "value": value} for name, value in given.items()]
    size = len(json.dumps(told, separators=(",", ":")))
    if size > CONFIGURATION:
        wrong = f"the build would need {size} characters for its variables; CodePipeline takes {CONFIGURATION}"
        yield Finding(("build", "steps"), wrong, "hand on fewer variables, or give them and the steps shorter names")


def _files(service: Service) -> Iterator[Finding]:
    giving = [index for index, step in enumerate(service.build.steps) if step.files]
    for index in giving[INPUTS - 1 :]:
        wrong = f"a build takes the files of {INPUTS - 1} steps beside its source; CodeBuild sets that"
        yield Finding(_at(index, "files"), wrong, "have one step make them")
    for index in giving:
        for number, path in enumerate(service.build.steps[index].files):
            if len(path) > FILE:
                wrong = f"the path {path} has {len(path)} characters; CodePipeline takes {FILE}"
                yield Finding(_at(index, "files", number), wrong, "write a pattern, as in `dist/**/*`")
