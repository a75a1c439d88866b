"""CodeCommit on this machine: its API, and git's smart HTTP protocol at /v1/repos/.

push → authenticated and authorized → git's own http-backend → references changed → one EventBridge event each.
Nothing here knows of pipelines: a rule starts them, or nothing does.
"""

import moto.codecommit.urls

from local.context import Context, Part
from local.git.api import Api
from local.git.files import Files
from local.git.http import PREFIX, GitHttp
from local.git.pushes import Pushes
from local.git.repositories import Repositories, arn
from local.wire import Fault, JsonService

__all__ = ["Repositories", "arn", "install"]


class CodeCommit:
    """The service as a part of the machine."""

    def __init__(self, context: Context) -> None:
        self._repositories = Repositories(context.home)
        self._pushes = Pushes(context.home, self._repositories, context.events)
        self.http = GitHttp(context.home, context.identity, self._repositories, self._pushes)
        api = Api(context.home, self._repositories, self._pushes)
        files = Files(self._repositories, self._pushes)
        handlers = {**api.handlers(), **files.handlers()}
        self.service = JsonService("codecommit", context.identity, handlers, absent)

    def start(self) -> None:
        self._repositories.sweep()
        self._pushes.prepare()

    def stop(self) -> None:
        """Nothing runs between requests."""


def absent(operation: str) -> Fault:
    return Fault("InvalidParameterException", f"{operation} is not available on this machine: use git itself")


def install(context: Context) -> Part:
    part = CodeCommit(context)
    moto.codecommit.urls.url_paths = {"{0}/$": part.service.respond}
    context.server.mount(PREFIX, part.http)
    return part
