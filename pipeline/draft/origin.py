"""Where git pushes to, as pipeline.yaml's `source` has it."""

import configparser
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Host = Literal["codecommit", "github", "gitlab", "bitbucket"]

_SCP = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>[^/].*)")  # git@github.com:acme/shop.git
_HOSTS: dict[str, Host] = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}


@dataclass(frozen=True)
class Origin:
    host: Host
    repository: str  # `owner/name`; CodeCommit's has no owner

    @property
    def name(self) -> str:
        return self.repository.rpartition("/")[2]


def origin(folder: Path) -> Origin | None:
    """The remote `origin` of the repository that a folder is; None where there is none that CodePipeline reads."""
    config = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        config.read_string((folder / ".git" / "config").read_text())
        return parse(config.get('remote "origin"', "url"))
    except (OSError, UnicodeError, configparser.Error):
        return None


def parse(url: str) -> Origin | None:
    """`https://HOST/PATH`, `ssh://HOST/PATH`, `git@HOST:PATH` and git-remote-codecommit's `codecommit::REGION://NAME`."""
    if url.startswith("codecommit:"):
        return _made("codecommit", url.rpartition("/")[2].rpartition("@")[2])
    if "://" in url:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    elif found := _SCP.fullmatch(url):
        host, path = found["host"], found["path"]
    else:
        return None
    if host.startswith("git-codecommit."):
        return _made("codecommit", path.rpartition("/")[2])
    return _made(_HOSTS[host.lower()], path) if host.lower() in _HOSTS else None


def _made(host: Host, path: str) -> Origin | None:
    repository = path.strip("/").removesuffix(".git")
    return Origin(host, repository) if repository else None
