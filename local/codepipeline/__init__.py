"""CodePipeline on this machine: resolved declaration → model → pure scheduler → providers.

API call or report → engine.tell(event) → scheduler.step: (state, event) → (state, effects) → written to disk →
effects: a provider does the action with the action's own role and reports back; EventBridge hears of the change.
"""

import moto.codepipeline.urls

from local.codepipeline import api
from local.codepipeline.engine import Engine, World
from local.codepipeline.jobdesk import JobDesk
from local.codepipeline.providers import choose
from local.codepipeline.roles import Roles
from local.codepipeline.runner import ThreadRunner
from local.codepipeline.settings import Settings
from local.codepipeline.store import Store
from local.context import Context, Part
from local.wire import JsonService

__all__ = ["install"]

DEFAULTS = Settings()


class CodePipeline:
    """The service as a part of the machine."""

    def __init__(self, context: Context, settings: Settings) -> None:
        self._store = Store(context.home.aws / "codepipeline.sqlite")
        self.engine = Engine(World(context.home, context.events, context.server), self._store)
        roles = Roles(context.identity)
        desk = JobDesk(self.engine, roles, settings)
        self.engine.load(ThreadRunner(context.home, self.engine, roles, choose(settings, desk, context.compute)))
        self.service = JsonService("codepipeline", context.identity, api.handlers(self.engine, desk), api.absent)

    def start(self) -> None:
        self.engine.start()

    def stop(self) -> None:
        self.engine.stop()
        self._store.close()


def install(context: Context, settings: Settings = DEFAULTS) -> Part:
    part = CodePipeline(context, settings)
    moto.codepipeline.urls.url_paths = {"{0}/$": part.service.respond}
    return part
