"""Where what is delivered comes from: the commit of a folder, as git tells it; and who delivers it."""

import getpass
import socket
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from deployer.values import dataclass

FORMAT = "%H%x00%D%x00%s%x00%an"
TIMEOUT = 5.0


@dataclass
class Commit:
    """Asked of git at once, and waited for when it is needed: git has the time of the first requests."""

    processes: "tuple[subprocess.Popen[bytes], ...]"

    @classmethod
    def ask(cls, folder: Path) -> "Commit":
        questions = (
            ["git", "log", "-1", f"--format={FORMAT}"],
            ["git", "diff", "--quiet", "HEAD", "--", "."],
        )
        try:
            return cls(tuple(_start(question, folder) for question in questions))
        except FileNotFoundError:  # no git: the release has no commit
            return cls(())

    def words(self) -> dict[str, str]:
        """release.json's; a commit with changes that were never committed ends in `+`."""
        empty = dict.fromkeys(("commit", "branch", "message", "author"), "")
        if not self.processes:
            return empty
        log, changed = self.processes
        try:
            told, _ = log.communicate(timeout=TIMEOUT)
            changed.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            for process in self.processes:
                process.kill()
                process.communicate()
            return empty
        if log.returncode:
            return empty  # no repository, or one without a commit
        commit, names, message, author = told.decode(errors="replace").rstrip("\n").split("\0")
        branch = names.partition(",")[0].removeprefix("HEAD -> ") if "->" in names else ""
        dirty = "+" if changed.returncode else ""
        return {"commit": commit + dirty, "branch": branch, "message": message, "author": author}


def _start(argv: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def who(environ: Mapping[str, str]) -> str:
    """`ann@desk`: the ledger's word for who asked."""
    try:
        name = environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        name = "somebody"
    return f"{name}@{socket.gethostname().partition('.')[0]}"


def execution(by: str, what: str = "") -> str:
    """Names one run of a command, as an execution id names one of the pipeline."""
    return f"{by}/{uuid.uuid4().hex[:12]}{'/' + what if what else ''}"
