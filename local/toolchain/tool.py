"""One tool, and what its installation needs to know."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MODULES = Path(__file__).resolve().parent / "modules"


class InstallFailed(Exception):
    """A step of an installation did not work; the message ends with what it said last."""


@dataclass(frozen=True)
class Site:
    """Where tools go, what environment their installers get, and how they tell of their progress."""

    cache: Path
    environ: Mapping[str, str]
    say: Callable[[str], None]

    @property
    def tools(self) -> Path:
        return self.cache / "tools"

    @property
    def bin(self) -> Path:
        return self.tools / "bin"

    @property
    def logs(self) -> Path:
        return self.cache / "logs"


@dataclass(frozen=True)
class Tool:
    """`files`, relative to `Site.tools`, are there when it is installed; `version` says what was asked for."""

    name: str
    version: str
    files: tuple[str, ...]
    install: Callable[[Site], str]  # returns where it came from, for the line that the user reads
    needed: Callable[[Site], bool] = lambda site: True


def installed(tool: Tool, site: Site) -> bool:
    """By what was noted when it was installed: asking each program for its version would take seconds."""
    noted = _note(tool, site)
    version = noted.read_text().strip() if noted.exists() else ""
    return version == tool.version and all((site.tools / each).exists() for each in tool.files)


def note(tool: Tool, site: Site) -> None:
    replace(_note(tool, site), f"{tool.version}\n".encode())


def _note(tool: Tool, site: Site) -> Path:
    return site.tools / "installed" / tool.name.replace(" ", "-")


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all, even while the old one runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(content)
    unfinished.chmod(mode)
    unfinished.rename(path)


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(target)
    unfinished.rename(path)


def run(
    site: Site, name: str, argv: list[str], cwd: Path | None = None, environ: Mapping[str, str] | None = None
) -> str:
    """Run an installer to its end, its output kept in a log; InstallFailed with the last lines when it fails."""
    site.logs.mkdir(parents=True, exist_ok=True)
    log = site.logs / f"{name}.log"
    with log.open("wb") as output:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=environ or site.environ,
            check=False,
        )
    text = log.read_text(errors="replace")
    if done.returncode:
        last = "\n".join(f"  {line}" for line in text.splitlines()[-12:])
        raise InstallFailed(f"{' '.join(argv[:3])} … ended with status {done.returncode} ({log}):\n{last}")
    return text
