"""git as a program: an argv list, an environment of its own, and nobody's configuration but ours."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

TIMEOUT = 60
EMPTY = "0" * 40


class GitFailed(Exception):
    """git said no; the message is its own."""


def environment(**more: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        **more,
    }


def git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What git prints; GitFailed with what it complains about."""
    done = subprocess.run(
        ["git", "--git-dir", str(folder), *arguments],
        env=environment(**(env or {})),
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise GitFailed(done.stderr.decode(errors="replace").strip())
    return done.stdout.decode(errors="replace")
