"""Locked requirements → a folder of packages for Lambda's Python, by uv or, without it, by pip."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.assets.errors import AssetError

PYTHON = "3.11"
# Lambda's python3.11 is Amazon Linux 2 with glibc 2.26: these tags, and nothing newer.
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux2014_x86_64")


def install(lock: Path, target: Path, environ: Mapping[str, str]) -> None:
    uv = find_uv(environ)
    argv = _uv(uv, lock, target) if uv else _pip(lock, target)
    # The certificates that the system trusts: also those of a company's own proxy or mirror.
    done = subprocess.run(argv, env={"UV_SYSTEM_CERTS": "1", **environ}, capture_output=True, text=True, timeout=900)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise AssetError(f"the deployer's packages cannot be installed; is the package index reachable?\n{said}")


def find_uv(environ: Mapping[str, str]) -> str | None:
    """SHIPLINE_UV, then PATH, then the newest that `make` has put into the cache."""
    if named := environ.get("SHIPLINE_UV"):
        return named
    if found := shutil.which("uv", path=environ.get("PATH", os.defpath)):
        return found
    base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shipline"
    cached = Path(environ.get("SHIPLINE_CACHE") or base) / "uv"
    made = sorted(cached.glob("*/bin/uv"), key=lambda path: path.stat().st_mtime)
    return str(made[-1]) if made else None


def _uv(uv: str, lock: Path, target: Path) -> list[str]:
    argv = [uv, "pip", "install", "--quiet", "--target", str(target), "--python", sys.executable]
    argv += ["--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_17"]
    return [*argv, "--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(lock)]


def _pip(lock: Path, target: Path) -> list[str]:
    argv = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target", str(target)]
    argv += ["--python-version", PYTHON, "--implementation", "cp"]
    argv += [word for platform in PLATFORMS for word in ("--platform", platform)]
    return [*argv, "--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(lock)]
