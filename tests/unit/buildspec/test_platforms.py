"""Images for several platforms: what they are named by, how they are built and pushed, and what the release says."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.buildspec.conftest import HOST, Sources
from tools.shipline_build import emulation, settings
from tools.shipline_build.ecr import Manifest
from tools.shipline_build.fatal import Fatal
from tools.shipline_build.platforms import DOCKER, INDEX, LIST, index

AMD64, ARM64, BOTH = (f"sha256:{letter * 64}" for letter in "abc")
# ECR has the image of each platform once it is pushed, and the index once it is put.
DIGESTS = f"""
case "$*" in
  *-amd64*) test -e "$STAND_IN/pushed" && echo {AMD64} && exit 0 ;;
  *-arm64*) test -e "$STAND_IN/pushed" && echo {ARM64} && exit 0 ;;
  *) test -e "$STAND_IN/indexed" && echo {BOTH} && exit 0 ;;
esac
echo "An error occurred (ImageNotFoundException): no such image" >&2; exit 254"""
MANIFESTS = json.dumps([[AMD64, DOCKER, "{}"], [ARM64, DOCKER, "{ }"]])


def asking(sources: Sources, *platforms: str) -> Sources:
    image: dict[str, Any] = {"repository": f"{HOST}/shop/web", "context": "app/web"}
    sources.environ["SHIPLINE_IMAGES"] = json.dumps({"web": image | ({"platforms": platforms} if platforms else {})})
    return sources


def tag(sources: Sources) -> str:
    return sources.step("plan").stdout.partition("shop/web:")[2].split()[0]


def test_platforms_are_part_of_what_names_an_image(sources: Sources) -> None:
    found = [tag(asking(sources, *platforms)) for platforms in ((), ("arm64",), ("amd64", "arm64"))]
    assert found[0] == "src-92b5609b93d6ce5b"  # of an image that asks for none: it is what it always was
    assert len(set(found)) == 3


def test_each_platform_is_built_and_pushed_and_the_index_is_released(sources: Sources) -> None:
    asking(sources, "amd64", "arm64")
    name = f"{HOST}/shop/web:{tag(sources)}"
    for verb, script in (("build", "true"), ("push", 'touch "$STAND_IN/pushed"'), ("put", 'touch "$STAND_IN/indexed"')):
        sources.answer(verb, script)
    sources.answer("digest", DIGESTS)
    sources.answer("manifests", f"echo '{MANIFESTS}'")
    for step in ("build", "release"):
        ran = sources.step(step)
        assert ran.returncode == 0, ran.stderr
    asked = sources.asked()
    builds = [line for line in asked if line.startswith("docker build")]
    for line, platform in zip(builds, ("amd64", "arm64"), strict=True):
        assert f"--tag {name}-{platform} " in line
        assert line.endswith(f"--platform linux/{platform} -")
    assert [line for line in asked if line.startswith("docker push")] == [
        f"docker push {name}-amd64", f"docker push {name}-arm64",
    ]  # fmt: skip
    (put,) = [line for line in asked if line.startswith("aws ecr put-image")]
    assert f"--image-tag {name.rpartition(':')[2]} " in put
    web = json.loads((sources.root / ".shipline/release/release.json").read_text())["images"]["web"]
    assert (web["digest"], web["built"]) == (BOTH, True)
    assert web["platforms"] == {"linux/amd64": AMD64, "linux/arm64": ARM64}


def test_an_index_that_is_there_is_carried_over(sources: Sources) -> None:
    asking(sources, "amd64", "arm64")
    for name in ("pushed", "indexed"):
        (sources.answers / name).touch()
    sources.answer("digest", DIGESTS)
    for step in ("plan", "login", "build", "release"):
        assert sources.step(step).returncode == 0
    assert {line.split()[2] for line in sources.asked()} == {"describe-images"}
    web = json.loads((sources.root / ".shipline/release/release.json").read_text())["images"]["web"]
    assert (web["digest"], web["built"], web["platforms"]["linux/arm64"]) == (BOTH, False, ARM64)


def test_an_index_that_ecr_refuses_is_an_error_with_its_words(sources: Sources) -> None:
    asking(sources, "amd64", "arm64")
    sources.step("plan")
    sources.answer("push", 'touch "$STAND_IN/pushed"')
    sources.answer("digest", DIGESTS)
    sources.answer("manifests", f"echo '{MANIFESTS}'")
    sources.answer("put", "echo 'An error occurred (ReferencedImagesNotFoundException): no' >&2; exit 254")
    ran = sources.step("release")
    assert ran.returncode == 1
    assert "the index of the image web was not put" in ran.stderr
    assert "ReferencedImagesNotFoundException" in ran.stderr


def test_an_index_is_the_same_bytes_for_the_same_images() -> None:
    members = {"amd64": AMD64, "arm64": ARM64}
    made = index(members, {AMD64: Manifest(DOCKER, 2), ARM64: Manifest(DOCKER, 3)})
    assert made["mediaType"] == LIST
    assert made["manifests"][1] == {
        "mediaType": DOCKER, "size": 3, "digest": ARM64, "platform": {"architecture": "arm64", "os": "linux"},
    }  # fmt: skip
    oci = Manifest("application/vnd.oci.image.manifest.v1+json", 2)
    assert index(members, {AMD64: oci, ARM64: oci})["mediaType"] == INDEX


@pytest.mark.parametrize(
    ("dockerfile", "runs"),
    [
        ("FROM scratch\nCOPY a .\n", False),
        ("FROM python\nrun pip install x\n", True),
        ("FROM python\n# RUN pip install x\n", False),
        (
            "FROM --platform=$BUILDPLATFORM golang AS build\nRUN go \\\n  build\nFROM scratch\nCOPY --from=build a .",
            False,
        ),
        ("FROM --platform=${BUILDPLATFORM} golang AS base\nFROM base AS build\nRUN go build\nFROM scratch\n", False),
        ("FROM --platform=$BUILDPLATFORM golang AS build\nRUN go build\nFROM alpine\nRUN apk add x\n", True),
        ("FROM --platform=$TARGETPLATFORM golang\nRUN go build\n", True),
    ],
)
def test_what_runs_on_the_images_own_platform_has_to_be_emulated(dockerfile: str, runs: bool) -> None:
    assert emulation.runs_foreign(dockerfile) is runs


@pytest.fixture
def foreign(sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    """An image whose Dockerfile runs programs of both platforms, on a machine that knows its own alone."""
    asking(sources, "amd64", "arm64").write("app/web/Dockerfile", "FROM python\nRUN true\n")
    monkeypatch.setattr(emulation, "REGISTERED", tmp_path)
    for name, value in sources.environ.items():
        monkeypatch.setenv(name, value)
    return settings.read(sources.environ)


def test_emulation_is_installed_once_for_what_is_not_registered(
    foreign: settings.Settings, sources: Sources, tmp_path: Path
) -> None:
    sources.answer("run", "true")
    emulation.prepare(foreign, list(foreign.images))
    (asked,) = sources.asked()
    assert asked.startswith("docker run --privileged --rm tonistiigi/binfmt:")
    assert "@sha256:" in asked
    (tmp_path / emulation.HANDLERS[asked.split()[-1]]).touch()
    emulation.prepare(foreign, list(foreign.images))
    assert len(sources.asked()) == 1


def test_a_machine_that_cannot_emulate_says_what_it_lacks(foreign: settings.Settings, sources: Sources) -> None:
    sources.answer("run", "echo 'no such image'; exit 125")
    with pytest.raises(Fatal, match=r"the image web runs programs for .*\n.*no such image\n.*BUILDPLATFORM"):
        emulation.prepare(foreign, list(foreign.images))
