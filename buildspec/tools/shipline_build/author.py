"""Who wrote the commit. The pipeline's variables do not say it; CodeCommit does, when it is the source."""

from __future__ import annotations

import json

from .fatal import Fatal
from .run import ask
from .settings import Settings


def author(settings: Settings) -> str:
    """The name that git has, or the address when there is no name; empty when the source is not CodeCommit."""
    commit = settings.commit["commit"]
    if not settings.source_repository or not commit:
        return settings.commit["author"]
    asked = ask(
        [
            "aws", "codecommit", "get-commit",
            "--repository-name", settings.source_repository,
            "--commit-id", commit,
            "--query", "commit.author",
            "--output", "json",
        ]
    )  # fmt: skip
    if asked.returncode:
        where = f"{settings.source_repository}, commit {commit}"
        raise Fatal(f"cannot ask CodeCommit for the author ({where}): {asked.stderr.strip()}")
    found = json.loads(asked.stdout)
    return str(found.get("name") or found.get("email") or "")
