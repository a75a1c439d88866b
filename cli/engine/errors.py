"""The deployer's errors in a command's words: what a laptop's user does next is not what the pipeline's does."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.errors import CANNOT_RUN, RELEASE_FAILED, CommandError
from deployer.errors import DeployError, Fenced, Kind

CODES: dict[Kind, int] = {
    "JobFailed": RELEASE_FAILED,
    "ConfigurationError": CANNOT_RUN,
    "PermissionError": CANNOT_RUN,
    "SystemUnavailable": CANNOT_RUN,
}
# What the deployer advises a pipeline's user to do, and what it is here.
ADVICE = (
    ("Next: fix it and push, or retry the stage; the next run takes it up from here.", "The next run takes it up."),
    ("Next: fix it and push", "Next: fix it and deploy again"),
    ("Retry the stage.", "Run it again."),
    ("raise the environment's `prune` for this release (100 allows all)", "say --prune 100"),
    ("name that namespace among the environment's `other_namespaces`", "say --other-namespace with its name"),
    ("or set `force_conflicts` for the environment", "or say --force-conflicts"),
    ("The function's role may not read that repository.", "Your credentials may not read that repository."),
    ("Deploy the stack that makes it (`cdk deploy --all`).", "kubectl create namespace"),
)


def here(text: str) -> str:
    """A message of the deployer, with advice for a laptop."""
    for theirs, ours in ADVICE:
        text = text.replace(theirs, ours)
    return text


@contextmanager
def plainly() -> Iterator[None]:
    """The deployer's errors become CommandErrors with the exit code that they deserve."""
    try:
        yield
    except DeployError as error:
        where = f"{error.subject}: " if error.subject else ""
        raise CommandError(f"{where}{error.reason}", here(error.remedy), CODES[error.kind]) from error
    except Fenced as error:
        raise CommandError(
            "another run took over this release, so this one stopped at once", "shipline history", RELEASE_FAILED
        ) from error
