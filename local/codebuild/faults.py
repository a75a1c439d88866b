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
    """A phase's end as CodeBuild words it: one of its status codes, and what happened."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
