"""The layer's helm, driven through pyhelm3's Command for templates and nothing else.

The Command's own `run` goes through a shell and logs what it runs, so it is replaced by the argv runner; its `template`
lacks the flags that make a chart see the cluster it goes to, so they are added.
"""

import asyncio
import functools
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyhelm3 import Command

from deployer.definitions import Kind
from deployer.errors import Fatal
from deployer.helm.answers import kubeconfig
from deployer.process import WHENCE, run
from deployer.render import Surroundings

FLOOR = (4, 1, 4)  # older ones have holes that are known: paths that climb, provenance that fails open


class Templates(Command):  # type: ignore[misc]  # pyhelm3 ships no types
    async def run(self, command: list[Any], input: bytes | None = None) -> bytes:  # noqa: A002 (pyhelm3's name)
        return run([str(self._executable), *(str(part) for part in command)], input or b"")


def template(
    helm: str, release: str, chart: Path, files: Sequence[Path], around: Surroundings, brought: Sequence[Kind]
) -> str:
    """The chart's text with the cluster's versions told by flags: helm sees no network."""
    command = [*_command(release, chart, files, around), "--kube-version", around.kube_version]
    for version in sorted({*around.api_versions, *names(brought)}):
        command += ["--api-versions", version]
    return _run(helm, command)


def template_there(
    helm: str, release: str, chart: Path, files: Sequence[Path], around: Surroundings, brought: Sequence[Kind]
) -> str:
    """The chart's text with the cluster itself to ask: for `lookup`, and for exactly the APIs that it serves."""
    if around.kube is None:
        raise Fatal("`lookup` needs a cluster to ask, and there is none here.", subject=str(chart.name))
    with (
        tempfile.TemporaryDirectory(prefix="relay-") as folder,
        kubeconfig(around.kube, Path(folder), brought) as path,
    ):
        command = [*_command(release, chart, files, around), "--dry-run=server", "--kubeconfig", str(path)]
        # What is there already is for the plan to judge.
        command += ["--take-ownership", "--disable-openapi-validation", "--qps", "1000", "--burst-limit", "1000"]
        return _run(helm, command)


def names(brought: Sequence[Kind]) -> set[str]:
    """Kinds as Capabilities.APIVersions names them."""
    return {f"{kind.group}/{kind.version}{more}" for kind in brought for more in ("", f"/{kind.kind}")}


def _command(release: str, chart: Path, files: Sequence[Path], around: Surroundings) -> list[str]:
    command = ["template", release, str(chart), "--namespace", around.namespace]
    for path in files:
        command += ["--values", str(path)]
    return [*command, *(["--is-upgrade"] if release in around.installed else [])]


def _run(helm: str, command: list[str]) -> str:
    refuse_old(helm)
    output: bytes = asyncio.run(Templates(executable=helm).run(command))
    return output.decode()


@functools.cache
def refuse_old(helm: str) -> None:
    """Fatal for a helm below the floor; each program is asked once."""
    told = run([helm, "version", "--template", "{{.Version}}"]).decode().strip()
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", told)
    if not found or tuple(int(part) for part in found.groups()) < FLOOR:
        floor = ".".join(str(part) for part in FLOOR)
        raise Fatal(
            f"helm is {told or 'of no known version'}, and below {floor} it has known holes.",
            subject=helm,
            remedy=WHENCE,
            kind="ConfigurationError",
        )
