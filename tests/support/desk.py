"""Somebody's desk: a folder, a kubeconfig, and the `shipline` command as whole processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployer.kube.errors import NotFound
from tests.support.controlplane import ControlPlane

SHIPLINE = Path(sys.executable).parent / "shipline"
DELIVERED, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


@dataclass
class Desk:
    """Somebody's folder, shell and namespace."""

    plane: ControlPlane
    folder: Path
    namespace: str
    environ: dict[str, str] = field(default_factory=dict)
    place: tuple[str, ...] = ()  # the words that say where; no pipeline.yaml unless told otherwise

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def start(self, verb: str, *words: str) -> "subprocess.Popen[str]":
        place = () if "--plan" in words else self.place or ("--name", "shop", "--namespace", self.namespace)
        return subprocess.Popen(
            [SHIPLINE, verb, *place, *words], cwd=self.folder, env=self.environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, verb: str, *words: str, code: int = DELIVERED) -> str:
        """What the command said; it must end with `code`, and never by a traceback."""
        process = self.start(verb, *words)
        told, complained = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in complained) == (code, False), told + complained
        return told + complained

    def data(self, verb: str, *words: str) -> Any:
        process = self.start(verb, *words, "--output", "json")
        told, complained = process.communicate(timeout=60)
        assert process.returncode == DELIVERED, complained
        return json.loads(told)

    def deliver(self, files: Mapping[str, str], *words: str, code: int = DELIVERED) -> str:
        self.write({f"manifests/{name}": text for name, text in files.items()})
        return self.run("deploy", "-f", "manifests", *words, code=code)

    def colour(self) -> str:
        path = f"/api/v1/namespaces/{self.namespace}/configmaps/settings"
        return str(self.plane.admin.get(path)["data"]["colour"])


def desk_at(plane: ControlPlane, folder: Path, namespace: str) -> Desk:
    """A desk with a namespace of its own, and nothing of AWS in its environment."""
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    plane.admin.request("POST", "/api/v1/namespaces", body=body)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return Desk(plane, folder, namespace, {**kept, "KUBECONFIG": str(plane.kubeconfig)})


def until(met: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if met():
                return
        except NotFound:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come about")
