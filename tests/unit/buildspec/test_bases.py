"""Base images by digest: the build's argument, its content, its login, and what the release says of them."""

import json

import pytest

from tests.unit.buildspec.conftest import HOST, Sources

OLD, NEW = f"sha256:{'0a' * 32}", f"sha256:{'0b' * 32}"


@pytest.fixture
def based(sources: Sources) -> Sources:
    sources.environ["SHIPLINE_BASE_IMAGES"] = json.dumps({"BASE_IMAGE": f"{HOST}/company/python"})
    sources.environ["BUILD_ARG_BASE_IMAGE"] = "localhost/other"
    return sources


def test_a_new_digest_has_the_image_built_anew_from_it(based: Sources) -> None:
    based.answer("build", "true")
    planned = {}
    for digest in (OLD, NEW, OLD):
        ran = based.step("plan", SHIPLINE_BASE_DIGESTS=digest)
        assert f"base image BASE_IMAGE: {HOST}/company/python@{digest}" in ran.stdout
        assert based.step("build", SHIPLINE_BASE_DIGESTS=digest).returncode == 0
        assert f"--build-arg BASE_IMAGE={HOST}/company/python@{digest} -" in based.asked()[-1]
        tag = json.loads((based.answers.parent / "tmp/shipline/plan.json").read_text())["images"]["web"][0]
        assert planned.setdefault(digest, tag) == tag
    assert planned[OLD] != planned[NEW]


def test_the_release_names_it(based: Sources) -> None:
    based.answer("digest", f"echo sha256:{'ab' * 32}")
    for step in ("plan", "release"):
        assert based.step(step, SHIPLINE_BASE_DIGESTS=NEW).returncode == 0
    release = json.loads((based.root / ".shipline/release/release.json").read_text())
    assert release["bases"] == {"BASE_IMAGE": f"{HOST}/company/python@{NEW}"}


def test_a_login_to_where_it_comes_from(based: Sources) -> None:
    elsewhere = HOST.replace("us-east-1", "eu-west-1")
    based.environ["SHIPLINE_BASE_IMAGES"] = json.dumps({"BASE_IMAGE": f"{elsewhere}/company/python"})
    based.step("plan", SHIPLINE_BASE_DIGESTS=OLD)
    ran = based.step("login", SHIPLINE_BASE_DIGESTS=OLD)
    assert ran.stdout.splitlines() == [f"logged in to {HOST}", f"logged in to {elsewhere}"]


@pytest.mark.parametrize("digests", ["", "stable", f"{OLD} {NEW}"])
def test_a_digest_that_is_not_told_fails_the_build(based: Sources, digests: str) -> None:
    ran = based.step("plan", SHIPLINE_BASE_DIGESTS=digests)
    assert ran.returncode == 1
    assert "SHIPLINE_BASE_DIGESTS does not tell the digest of each base image" in ran.stderr
