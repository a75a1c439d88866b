"""`runtime-versions`: a build takes the machine's own tools, so a different version earns a line in the log."""

import re
import subprocess
from collections.abc import Iterator, Mapping

ASK = {
    "python": ["python3", "--version"],
    "nodejs": ["node", "--version"],
    "golang": ["go", "version"],
    "docker": ["docker", "--version"],
    "java": ["java", "-version"],
    "ruby": ["ruby", "--version"],
    "php": ["php", "--version"],
    "dotnet": ["dotnet", "--version"],
}
VERSION = re.compile(r"\d+(?:\.\d+)*")


def mismatches(wanted: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    """One line for each runtime that is not there in the version that is asked for."""
    for runtime, version in wanted.items():
        if runtime not in ASK:
            yield f"runtime-versions: this machine does not know the runtime {runtime}"
            continue
        found = _found(ASK[runtime], environ)
        asked = VERSION.search(version)
        if found is None:
            yield f"runtime-versions: {runtime} {version} is asked for, and this machine has none"
        elif asked and found != asked.group() and not found.startswith(asked.group() + "."):
            yield f"runtime-versions: {runtime} {version} is asked for, this machine has {found}"


def _found(command: list[str], environ: Mapping[str, str]) -> str | None:
    try:
        ran = subprocess.run(
            ["env", *command], env=dict(environ), capture_output=True, text=True, timeout=10, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    match = VERSION.search(ran.stdout or ran.stderr)
    return match.group() if ran.returncode == 0 and match else None
