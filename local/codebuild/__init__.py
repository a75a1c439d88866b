"""CodeBuild on this machine: projects, builds, reports. A build is a process tree of its own on the host.

`install(context)` puts the API in moto's place; `start` closes what a kill left open; `stop` ends all builds.
"""

from local import images
from local.codebuild.service import create, register
from local.context import Context, Part

__all__ = ["install"]


def install(context: Context) -> Part:
    home = context.home
    programs = images.build_programs(home)
    service = create(context, lambda: images.build_prefix(home), lambda: images.build_environment(home), programs)
    register(service)
    return service
