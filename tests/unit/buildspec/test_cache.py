"""Layers of builds before: BuildKit reads and writes them in ECR, and a build that has no BuildKit does without."""

from tests.unit.buildspec.conftest import HOST, Sources


def built(sources: Sources) -> list[str]:
    """What the engine was asked, of a build that wants to keep layers."""
    sources.environ["SHIPLINE_BUILD_CACHE"] = "1"
    sources.step("plan")
    ran = sources.step("build")
    assert ran.returncode == 0, ran.stderr
    (sources.answers / "told").write_text(ran.stdout)
    return [line for line in sources.asked() if line.startswith("docker")]


def test_buildkit_keeps_all_layers_under_a_tag_of_their_own(sources: Sources) -> None:
    sources.answer("create", "true")
    sources.answer("build", "true")
    create, build = built(sources)
    assert create.startswith("docker buildx create --name shipline --driver docker-container ")
    assert "image=moby/buildkit:" in create
    assert "@sha256:" in create
    assert build.startswith("docker buildx build --builder shipline --load --file Dockerfile --tag ")
    place = f"type=registry,ref={HOST}/shop/web:cache-default"
    assert f"--cache-from {place} --cache-to {place},mode=max,image-manifest=true,oci-mediatypes=true" in build
    assert build.endswith(",ignore-error=true -")


def test_without_buildkit_an_image_is_built_all_the_same(sources: Sources) -> None:
    sources.answer("create", "echo 'no such plugin' >&2; exit 1")
    sources.answer("build", "true")
    _, build = built(sources)
    assert build.startswith("docker build --file Dockerfile ")
    assert "cache" not in build
    assert "layers of builds before are not used: no such plugin" in (sources.answers / "told").read_text()


def test_where_nothing_is_built_no_builder_is_made(sources: Sources) -> None:
    sources.answer("digest", f"echo sha256:{'ab' * 32}")
    assert built(sources) == []
