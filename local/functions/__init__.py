"""Lambda's runtime: functions that moto's API keeps, run from their zips in processes of their own.

Invoke → the function as it is now → cell (own mounts, processes, user) → Runtime API → answer, log, report.
"""

from local.context import Context
from local.functions.api import register
from local.functions.invoker import Invoker

__all__ = ["Functions", "Invoker", "install"]


class Functions:
    """The running part: only retries have to be told that it ends."""

    def __init__(self, invoker: Invoker) -> None:
        self.invoker = invoker

    def start(self) -> None: ...

    def stop(self) -> None:
        self.invoker.stop()


def install(context: Context) -> Functions:
    invoker = Invoker(context.home, context.identity, failed_runs=context.failed_runs)
    register(invoker)
    return Functions(invoker)
