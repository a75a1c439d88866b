"""A build's folders, and a Python environment of its own on top of the project's.

Everything is below one scratch folder: HOME, TMPDIR, the sources, the shell's state, and what `pip install` adds.
"""

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    root: Path

    @property
    def source(self) -> Path:
        return self.root / "src"

    def secondary(self, name: str) -> Path:
        return self.root / "sources" / name

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def scratch(self) -> Path:
        return self.root / "tmp"

    @property
    def python(self) -> Path:
        return self.root / "python"

    def make(self) -> None:
        for folder in (self.source, self.home, self.scratch):
            folder.mkdir(parents=True)
        _overlay(self.python)

    def remove(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def variables(self, tools: Path, programs: Path | None = None) -> dict[str, str]:
        """Where things are: the build's own Python first, then `programs`, the project's tools, and the system's."""
        first = (programs,) if programs else ()
        places = (self.python / "bin", *first, Path(sys.prefix) / "bin", tools / "bin", *SYSTEM)
        return {
            "PATH": os.pathsep.join(str(place) for place in places),
            "HOME": str(self.home),
            "TMPDIR": str(self.scratch),
            "USER": "root",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_packages(self.python)),
        }


SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def _packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def _overlay(folder: Path) -> None:
    """A virtual environment that sees the project's packages and takes new ones itself: `pip install` of a build
    never changes the project's. Made by hand, because the venv module takes seconds for what are five files."""
    program = Path(os.path.realpath(sys.executable))
    packages = _packages(folder)
    packages.mkdir(parents=True)
    (packages / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "pyvenv.cfg").write_text(
        f"home = {program.parent}\ninclude-system-site-packages = false\nversion = {sys.version.split()[0]}\n"
    )
    commands = folder / "bin"
    commands.mkdir()
    for name in ("python", "python3"):
        (commands / name).symlink_to(program)
    for name in ("pip", "pip3"):
        (commands / name).write_text(f'#!/bin/sh\nexec "{commands / "python3"}" -m pip "$@"\n')
        (commands / name).chmod(0o755)
