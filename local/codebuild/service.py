"""CodeBuild as a part of the machine: its API behind moto's routing, its builds, its files."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import moto.codebuild.urls

from local.codebuild import absent, faults
from local.codebuild.builds import Builds
from local.codebuild.compute import Managed
from local.codebuild.projects import Projects
from local.codebuild.reportgroups import ReportGroups
from local.codebuild.runner import Machine
from local.codebuild.store import Store
from local.context import Context
from local.wire import JsonService

LEAVING = "The machine was stopped. Start the build again: aws codebuild retry-build"


@dataclass(frozen=True)
class CodeBuild:
    machine: Machine
    builds: Builds
    api: JsonService

    def start(self) -> None:
        """Builds that a kill interrupted are closed, and their folders go."""
        self.builds.recover()
        shutil.rmtree(self.machine.home.work / "builds", ignore_errors=True)

    def stop(self) -> None:
        self.builds.stop_all(LEAVING)
        self.machine.store.close()


def create(
    context: Context,
    prefix: Callable[[], Sequence[str]],
    environment: Callable[[], Mapping[str, str]],
    programs: Path | None = None,
) -> CodeBuild:
    """`prefix` is the argv in front of a build's shell, `environment` what every build gets on this machine, and
    `programs` a folder whose programs a build finds before others of their names."""
    home = context.home
    store = Store(home.aws / "codebuild.sqlite")
    machine = Machine(home, context.identity, store, prefix, environment, programs)
    projects = Projects(store, home.region, home.account)
    builds = Builds(machine, projects, context.events.publish)
    managed = Managed(builds, home)
    context.compute.start, context.compute.find = managed.start, builds.found
    groups = ReportGroups(store, home.region, home.account)
    handlers = {**absent.HANDLERS, **projects.handlers(), **builds.handlers(), **groups.handlers()}
    api = JsonService("codebuild", context.identity, handlers, faults.absent)
    return CodeBuild(machine, builds, api)


def register(service: CodeBuild) -> None:
    """In moto's place; moto reads its routes when the first request comes."""
    moto.codebuild.urls.url_paths = {"{0}/$": service.api.respond}
