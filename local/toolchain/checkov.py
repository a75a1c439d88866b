"""checkov, which judges templates, in an environment of its own: its boto3 pin fits no other package."""

import shutil
import sys
from pathlib import Path

from local.toolchain.tool import MODULES, Site, Tool, link, run

VERSION = "3.3.30"
LOCK = MODULES / "checkov" / "requirements.txt"
UV_PIN = Path(__file__).with_name("uv.txt")


def tool() -> Tool:
    return Tool("checkov", VERSION, ("checkov/bin/checkov", "bin/checkov"), install)


def install(site: Site) -> str:
    folder = site.tools / "checkov"
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(site.cache / "uv" / uv_version() / "bin" / "uv")
    run(site, "checkov-venv", [uv, "venv", "--quiet", "--python", sys.executable, str(folder)])
    python = str(folder / "bin" / "python")
    run(site, "checkov", [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, str(LOCK)])
    link(site.bin / "checkov", Path("..") / "checkov" / "bin" / "checkov")
    return "PyPI"


def uv_version() -> str:
    """Of the uv that make has installed."""
    pin = next(line for line in UV_PIN.read_text().splitlines() if line.startswith("uv=="))
    return pin.split()[0].partition("==")[2]
