"""What the API server answers when it does not do what it was asked."""

from typing import Any

from deployer.errors import Fatal, Kind
from deployer.values import dataclass, replace


@dataclass(frozen=True)
class Status:
    """The API's Status object, as far as it decides anything."""

    code: int
    reason: str
    message: str
    causes: tuple[tuple[str, str, str], ...] = ()  # (reason, field, message)

    @classmethod
    def read(cls, code: int, body: dict[str, Any]) -> "Status":
        causes = (body.get("details") or {}).get("causes") or []
        return cls(
            code,
            str(body.get("reason") or ""),
            str(body.get("message") or ""),
            tuple((str(c.get("reason", "")), str(c.get("field", "")), str(c.get("message", ""))) for c in causes),
        )

    @property
    def conflicts(self) -> tuple[tuple[str, str], ...]:
        """(field, what the server says of its manager) for each field that another manager owns."""
        return tuple((field, text) for reason, field, text in self.causes if reason == "FieldManagerConflict")

    @property
    def retryable(self) -> bool:
        """A schema or duplicate-key error of server-side apply is a 500 without a reason: never one of these."""
        return self.code in (429, 502, 503, 504) or (
            self.code == 500 and self.reason in ("InternalError", "ServerTimeout", "Timeout")
        )


class ApiError(Fatal):
    """An answer other than success; 404 and 409 are for callers that expect them."""

    def __init__(self, status: Status, subject: str, remedy: str = "", kind: Kind = "JobFailed") -> None:
        super().__init__(status.message or f"HTTP {status.code}", subject=subject, remedy=remedy, kind=kind)
        self.status = status


class NotFound(ApiError):
    pass


class Conflict(ApiError):
    """The object changed since it was read, or exists already, or another manager owns a field (`status.conflicts`)."""


class Forbidden(ApiError):
    pass


class Gone(ApiError):
    """The version to go on from is too old for the server: list again. Of a watch, `subject` is its path."""


def failure(code: int, body: dict[str, Any], subject: str, identity: str) -> ApiError:
    """The exception for an answer; a refusal names who lacks what."""
    status = Status.read(code, body)
    if code in (401, 403):
        said = f"the cluster answered {code}: {status.message or status.reason}."
        return Forbidden(replace(status, message=said), subject, _who_lacks_what(code, identity), "PermissionError")
    if code == 404:
        return NotFound(status, subject)
    if code == 409:
        return Conflict(status, subject)
    return Gone(status, subject) if code == 410 else ApiError(status, subject)


def _who_lacks_what(code: int, identity: str) -> str:
    if code == 403:
        return (
            f"The deployer came as {identity}. Give it an EKS access entry whose policy allows this in the namespace "
            "(the template binds AmazonEKSEditPolicy), or leave the object out of the release."
        )
    return (
        f"The cluster does not know {identity}: it has no EKS access entry. "
        "Deploy the stack again (`cdk deploy --all`), or `aws eks create-access-entry`."
    )
