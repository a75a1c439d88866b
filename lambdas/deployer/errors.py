"""How a release stops: each error says what, where, and what to do next."""

from typing import Literal

Kind = Literal["JobFailed", "ConfigurationError", "PermissionError", "SystemUnavailable"]


class DeployError(Exception):
    """`kind` is CodePipeline's failure type; `subject` names the object or file; `remedy` is the user's next step."""

    def __init__(self, reason: str, *, subject: str = "", remedy: str = "", kind: Kind = "JobFailed") -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject
        self.remedy = remedy
        self.kind = kind

    def __str__(self) -> str:
        where = f"{self.subject}: " if self.subject else ""
        then = f" {self.remedy}" if self.remedy else ""
        return f"{where}{self.reason}{then}"


class Fatal(DeployError):
    """Doing the same again will fail the same way."""


class Unavailable(DeployError):
    """Something that should answer did not; the same again may work, and what was begun is left as it stands."""

    def __init__(self, reason: str, *, subject: str = "", remedy: str = "Retry the stage.") -> None:
        super().__init__(reason, subject=subject, remedy=remedy, kind="SystemUnavailable")


class AtWork(Unavailable):
    """What has to be known first is being found out elsewhere: the same question may be answered in a moment."""


class Stopped(DeployError):
    """Somebody does not want a release now; nothing is wrong with it, and it may come again."""


class Superseded(DeployError):
    """A newer release owns the environment; an older one changes nothing there any more."""


class Fenced(Exception):
    """Another invocation carries on with this very release: stop at once, answer nothing."""
