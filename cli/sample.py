"""The demo's git repository: the sample and its delivery files, taken from this checkout, pushed to CodeCommit.

The repository is the user's to play with: what they changed there is committed and pushed, never overwritten,
unless the checkout's own sample changed since it was taken.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CommandError
from cli.process import Job, run

PARTS = ("pipeline.yaml", "app", "manifests", "charts", "buildspec")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.pyc", ".ruff_cache", ".mypy_cache", "reports")
BRANCH = "main"
AUTHOR = {"user.name": "Shipline demo", "user.email": "demo@shipline.example"}


@dataclass(frozen=True)
class Repository:
    folder: Path
    environ: Mapping[str, str]  # with the credential helper for the machine's CodeCommit
    log: Path

    def git(self, *arguments: str, advice: str = "") -> list[str]:
        environ = {**self.environ, "GIT_TERMINAL_PROMPT": "0"}
        return run(Job(["git", *arguments], environ, self.folder, self.log, timeout=120, advice=advice))

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")[0]

    @property
    def exists(self) -> bool:
        return (self.folder / ".git").is_dir()


def take_sample(checkout: Path, repository: Repository) -> str:
    """The repository with the checkout's sample in it and everything committed; says what was done."""
    digest = content_digest(checkout)
    if not repository.exists:
        repository.folder.mkdir(parents=True, exist_ok=True)
        repository.git("init", "--quiet", f"--initial-branch={BRANCH}")
        name_author(repository)
        copy_parts(checkout, repository.folder)
        remember(repository, digest)
        return commit(repository, "Open the shop")
    if remembered(repository) != digest:
        copy_parts(checkout, repository.folder)
        remember(repository, digest)
        return commit(repository, "Take the sample anew from the checkout")
    return commit(repository, "")


def name_author(repository: Repository) -> None:
    """Git refuses to commit for nobody: on a machine where nobody has introduced themselves yet, the demo does."""
    for name, value in AUTHOR.items():
        if repository.git("config", "--default", "", "--get", name) in ([], [""]):
            repository.git("config", name, value)


def commit(repository: Repository, message: str) -> str:
    """Commit what is not committed; without a message its own words are the names of the changed files."""
    repository.git("add", "--all")
    changed = [line[3:] for line in repository.git("status", "--porcelain")]
    if not changed:
        return "nothing new"
    more = f" and {len(changed) - 2} more" if len(changed) > 2 else ""
    text = message or f"Change {', '.join(changed[:2])}{more}"
    repository.git("commit", "--quiet", "--message", text)
    return text


def push(repository: Repository, url: str) -> bool:
    """Push the branch; False when CodeCommit had it already. From then on `git push` alone does it, too."""
    known = "origin" in repository.git("remote")
    repository.git("remote", *(("set-url", "origin") if known else ("add", "origin")), url)
    advice = "git's own words are above; `shipline status` says whether the machine is well"
    lines = repository.git(
        "push", "--porcelain", "--set-upstream", "origin", f"HEAD:refs/heads/{BRANCH}", advice=advice
    )
    return not any(line.startswith("=") for line in lines)


def copy_parts(checkout: Path, folder: Path) -> None:
    for part in PARTS:
        source = checkout / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=LEFT_OUT, dirs_exist_ok=True)
        elif source.is_file():
            shutil.copy2(source, folder / part)
        elif part != "buildspec":  # a service without one uses the toolkit's
            raise CommandError(f"{source} is missing", "use a complete checkout of Shipline")
    (folder / ".gitignore").write_text("__pycache__/\n.pytest_cache/\nreports/\n")


def content_digest(checkout: Path) -> str:
    """Of all that `copy_parts` takes, by path and content."""
    digest = hashlib.sha256()
    for part in PARTS:
        root = checkout / part
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and not LEFT_OUT(str(path.parent), list(path.relative_to(checkout).parts)):
                digest.update(f"{path.relative_to(checkout)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def remembered(repository: Repository) -> str:
    path = repository.folder / ".git" / "shipline-sample"
    return path.read_text() if path.exists() else ""


def remember(repository: Repository, digest: str) -> None:
    (repository.folder / ".git" / "shipline-sample").write_text(digest)
