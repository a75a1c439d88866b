"""Charts of the tests, and the two helms that people have."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.controlplane import binaries
from tests.support.delivery import Place

CHARTS = Path(__file__).resolve().parent.parent / "machine" / "deployer" / "charts"


def chart(name: str, **values: object) -> dict[str, str]:
    """A chart's files as an artifact has them, some of its values changed at the top."""
    files = {
        f"charts/{name}/{path.relative_to(CHARTS / name)}": path.read_text()
        for path in sorted((CHARTS / name).rglob("*"))
        if path.is_file()
    }
    lines = files[f"charts/{name}/values.yaml"].splitlines()
    for key, value in values.items():
        assert any(line.startswith(f"{key}:") for line in lines), key
        lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in lines]
    return {**files, f"charts/{name}/values.yaml": "\n".join(lines) + "\n"}


def program(place: Place, version: str) -> str:
    """`helm3` or `helm4`; `make test` builds the first, the second is the Lambda layer's."""
    return {"helm3": str(binaries() / "helm3"), "helm4": place.tools.helm}[version]


def environ(place: Place, **more: str) -> Mapping[str, str]:
    home = str(place.plane.kubeconfig.parent)
    return {"KUBECONFIG": str(place.plane.kubeconfig), "HOME": home, "PATH": "/usr/bin:/bin", **more}


def helm(place: Place, version: str, *args: str, code: int = 0, **more: str) -> str:
    argv = [program(place, version), *args, "--namespace", place.namespace]
    done = subprocess.run(argv, env=environ(place, **more), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + (done.stderr if code else "")
