"""AWS on this machine: moto's control plane in this process, CloudFormation, EKS's API, ECR's facts, kept on disk."""

from local.aws import cloudformation, eks
from local.aws.server import AwsServer, create_server
from local.context import Context, Part


class Aws:
    """Resumes what a kill cut short; the server itself is started by the daemon."""

    def __init__(self, operations: cloudformation.Places) -> None:
        self._operations = operations

    def start(self) -> None:
        self._operations.resume()

    def stop(self) -> None:
        """Stacks in progress are resumed at the next start."""


def install(context: Context) -> Part:
    server = context.server
    if not isinstance(server, AwsServer):
        raise TypeError("local.aws is installed on the server that it created")
    operations = cloudformation.install(context, server)
    eks.install(context, server)
    server.snapshot.load()
    return Aws(operations)


__all__ = ["AwsServer", "create_server", "install"]
