"""What the tests need, when the service says so in a requirements-test.txt."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from .fatal import Fatal
from .run import say, stream
from .settings import Settings

NAME = "requirements-test.txt"
PLACES = (NAME, f"app/{NAME}", f"app/*/{NAME}")
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;#\\]+)\s*(?:#.*)?")


def run(settings: Settings) -> None:
    """Install what requirements-test.txt names, where it is not there yet."""
    files = [path for place in PLACES for path in sorted(settings.root.glob(place))]
    if not files:
        say(f"no {NAME}: nothing to install")
    for path in files:
        shown = path.relative_to(settings.root)
        if _satisfied(path):
            say(f"{shown}: all there")
            continue
        ran = stream(
            [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-q", "-r", str(path)], "pip"
        )
        if ran.status:
            raise Fatal(f"pip cannot install {shown}:\n{ran.tail()}")
        say(f"{shown}: installed")


def _satisfied(path: Path) -> bool:
    """Whether every line is a plain pin of what is installed; anything else is for pip to judge."""
    lines: list[str] = [line.strip() for line in path.read_text().splitlines()]
    return all(_installed(line) for line in lines if line and not line.startswith("#"))


def _installed(line: str) -> bool:
    pin = PIN.fullmatch(line)
    if pin is None:
        return False
    try:
        return metadata.version(pin.group(1)) == pin.group(2)
    except metadata.PackageNotFoundError:
        return False
