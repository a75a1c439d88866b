"""The CDK command line, by npm from a lock file: npm's newest version of that name is an old build."""

import shutil
import sys
from pathlib import Path

from local.toolchain.tool import MODULES, Site, Tool, link, replace, run

VERSION = "2.1148.1"


def tool() -> Tool:
    return Tool("aws-cdk", VERSION, ("cdk/node_modules/aws-cdk/bin/cdk", "bin/cdk"), install)


def install(site: Site) -> str:
    folder = site.tools / "cdk"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("package.json", "package-lock.json"):
        replace(folder / name, (MODULES / "cdk" / name).read_bytes())
    programs = Path(sys.executable).parent  # npm and node of the Python environment
    # The certificates that the system trusts, as every other installer here does: node brings a list of its own.
    environ = {"NODE_USE_SYSTEM_CA": "1", **site.environ, "PATH": f"{programs}:{site.environ.get('PATH', '')}"}
    run(site, "cdk", [str(programs / "npm"), "ci", "--no-audit", "--no-fund"], cwd=folder, environ=environ)
    link(site.bin / "cdk", Path("..") / "cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk")
    return f"npm: aws-cdk {VERSION}"
