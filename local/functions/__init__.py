"""Lambda's runtime: functions that moto's API keeps, run from their zips in processes of their own.

Invoke → the function as it is now → cell (own mounts, processes, user) → Runtime API → answer, log, report.
"""

from local import images
from local.context import Context
from local.functions.api import register
from local.functions.invoker import Invoker
from local.functions.run import Outlook

__all__ = ["Functions", "Invoker", "install"]


class Functions:
    """The running part: only retries have to be told that it ends."""

    def __init__(self, invoker: Invoker) -> None:
        self.invoker = invoker

    def start(self) -> None: ...

    def stop(self) -> None:
        self.invoker.stop()


def install(context: Context) -> Functions:
    home = context.home
    outlook = Outlook(lambda: images.function_binds(home), lambda: images.function_environment(home))
    invoker = Invoker(home, context.identity, failed_runs=context.failed_runs, outlook=outlook)
    register(invoker)
    return Functions(invoker)
