"""Which phase follows which: CodeBuild's own table, as a function without effects."""

from typing import Literal

from local.codebuild.buildspec import PhaseName

Next = Literal["continue", "end"]


def after_failure(phase: PhaseName, on_failure: Literal["", "ABORT", "CONTINUE"]) -> Next:
    """`continue`: the next phase runs, and UPLOAD_ARTIFACTS in the end; `end`: only FINALIZING is left.

    The build's status is FAILED in either case.
    """
    if on_failure == "ABORT":
        return "end"
    if on_failure == "CONTINUE":
        return "continue"
    return "continue" if phase in ("build", "post_build") else "end"
