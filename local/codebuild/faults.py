"""CodeBuild's modelled errors, and how a build's phase fails."""

from dataclasses import dataclass

from local.wire import Fault


def invalid(message: str) -> Fault:
    return Fault("InvalidInputException", message)


def not_found(message: str) -> Fault:
    return Fault("ResourceNotFoundException", message)


def exists(message: str) -> Fault:
    return Fault("ResourceAlreadyExistsException", message)


def limit(message: str) -> Fault:
    return Fault("AccountLimitExceededException", message)


def absent(operation: str) -> Fault:
    """The answer of an operation that this machine does not have."""
    return invalid(f"{operation} is not on this machine: its CodeBuild runs single builds on the host only.")


@dataclass
class PhaseFailure(Exception):
    """A phase's end as CodeBuild words it: one of its status codes, and what happened.

    `output` is the last of a failed command's own: the log has it already, the phase's context gets it, too.
    """

    code: str
    message: str
    output: str = ""

    @property
    def context(self) -> dict[str, str]:
        """PhaseContext, as BatchGetBuilds shows it."""
        return {"statusCode": self.code, "message": "\n".join(part for part in (self.message, self.output) if part)}

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
