"""The build's own steps on the running machine: an index of images for two platforms, and what is in each of them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deployer.gates.sbom import with_sboms
from deployer.release import read_release
from local.images import build_environment, build_prefix, build_programs
from local.settings import CHECKOUT
from tests.conftest import RunningMachine

NAME = "platforms-test/web"
DOCKERFILE = """\
FROM --platform=$BUILDPLATFORM scratch AS files
COPY acme /acme
FROM scratch
ARG TARGETARCH
LABEL for=$TARGETARCH
COPY --from=files /acme /usr/lib/python3/dist-packages/acme-1.2.dist-info
"""


@dataclass
class Build:
    machine: RunningMachine
    folder: Path

    @property
    def sources(self) -> Path:
        return self.folder / "src"

    @property
    def repository(self) -> str:
        return f"{self.machine.home.registry_host}/{NAME}"

    def step(self, name: str) -> "subprocess.CompletedProcess[str]":
        """As a build has it: its view of the machine, its programs, a home of its own."""
        image = {"repository": self.repository, "context": ".", "platforms": ["amd64", "arm64"]}
        environ = {**self.machine.environ, **build_environment(self.machine.home)}
        environ |= {
            "PATH": os.pathsep.join([str(build_programs(self.machine.home)), environ["PATH"]]),
            "HOME": str(self.folder),
            "DOCKER_CONFIG": str(self.folder),
            "TMPDIR": str(self.folder),
            "CODEBUILD_SRC_DIR": str(self.sources),
            "SHIPLINE_SERVICE": "platforms-test",
            "SHIPLINE_IMAGES": json.dumps({"web": image}),
            "SHIPLINE_SBOM": "1",
        }
        argv = [*build_prefix(self.machine.home), sys.executable, str(CHECKOUT / "buildspec" / "tools"), name]
        return subprocess.run(
            argv, env=environ, cwd=self.sources, capture_output=True, text=True, timeout=300, check=False
        )

    def run(self) -> dict[str, Any]:
        """release.json"""
        for name in ("plan", "login", "build", "release"):
            done = self.step(name)
            assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"
        found: dict[str, Any] = json.loads((self.sources / ".shipline/release/release.json").read_text())
        return found


@pytest.fixture
def build(machine: RunningMachine, tmp_path: Path) -> Iterator[Build]:
    ecr = machine.client("ecr")
    ecr.create_repository(repositoryName=NAME, imageTagMutability="IMMUTABLE")
    made = Build(machine, tmp_path)
    (made.sources / "acme").mkdir(parents=True)
    (made.sources / "acme/METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.2\n")
    (made.sources / "Dockerfile").write_text(DOCKERFILE)
    yield made
    ecr.delete_repository(repositoryName=NAME, force=True)


def test_an_index_is_released_with_the_sbom_of_each_of_its_images(build: Build) -> None:
    machine, release = build.machine, build.run()
    web, ecr = release["images"]["web"], machine.client("ecr")
    assert web["built"] is True
    (index,) = ecr.batch_get_image(repositoryName=NAME, imageIds=[{"imageDigest": web["digest"]}])["images"]
    assert f"sha256:{hashlib.sha256(index['imageManifest'].encode()).hexdigest()}" == web["digest"]
    listed = json.loads(index["imageManifest"])["manifests"]
    assert {f"linux/{each['platform']['architecture']}": each["digest"] for each in listed} == web["platforms"]
    assert len(set(web["platforms"].values())) == 2

    # Anyone who pulls the index gets the image of this machine's own processor.
    script = 'docker pull --quiet "$0" && docker image inspect --format "{{.Architecture}} {{.Config.Labels.for}}" "$0"'
    environ = {**machine.environ, **build_environment(machine.home), "DOCKER_CONFIG": str(build.folder)}
    argv = [*build_prefix(machine.home), "sh", "-c", script, f"{build.repository}@{web['digest']}"]
    pulled = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert pulled.stdout.splitlines()[-1:] == ["amd64 amd64"], pulled.stderr

    artifact = build.sources / ".shipline/release"
    kept = with_sboms(read_release(artifact, "platforms-test", {"web": build.repository}), artifact)
    assert [each.partition("@")[0] for each in kept.sbom["web"].split(", ")] == [
        "sbom/web.amd64.cdx.json", "sbom/web.arm64.cdx.json",
    ]  # fmt: skip
    for each in release["sbom"]["web"]:
        document = json.loads((artifact / each["file"]).read_text())
        assert each["image"] == web["platforms"][each["platform"]]
        assert ("acme", "1.2") in {(found["name"], found.get("version")) for found in document["components"]}

    again = build.run()
    assert again["images"]["web"] == {**web, "built": False}
    assert [each["image"] for each in again["sbom"]["web"]] == list(web["platforms"].values())


def test_programs_for_another_processor_are_refused_in_one_sentence(build: Build) -> None:
    (build.sources / "Dockerfile").write_text(f"{DOCKERFILE}RUN true\n")
    assert build.step("plan").returncode == 0
    done = build.step("build")
    assert done.returncode == 1
    assert (
        "the Dockerfile of the image web runs programs for arm64, which this machine (amd64) cannot, and no emulation "
        "can be had:\ndocker run: this machine runs no privileged containers, so it emulates no processors"
    ) in done.stderr
