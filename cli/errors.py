"""What ends a command early: one line, what to do about it, and the exit code."""

OK, RELEASE_FAILED, CANNOT_RUN, BUG, INTERRUPTED = 0, 1, 2, 3, 130


class CommandError(Exception):
    """`code` is one of the exit codes above; `remedy` is the user's next step."""

    def __init__(self, message: str, remedy: str = "", code: int = CANNOT_RUN) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  → {self.remedy}" if self.remedy else message
