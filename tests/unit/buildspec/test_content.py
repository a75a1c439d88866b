import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.shipline_build.content import Content, content
from tools.shipline_build.fatal import Fatal
from tools.shipline_build.settings import Image

REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/web"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "app" / "web"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("ARG BASE\nFROM $BASE\n")
    (folder / "web.py").write_text("print()\n")
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    return folder


def look(context: Path, build_args: dict[str, str] | None = None, args: dict[str, str] | None = None) -> Content:
    image = Image("web", REPOSITORY, "app/web", "Dockerfile", args or {})
    return content(image, context.parent.parent, build_args or {})


def test_the_tag_is_of_sixteen_hex_digits(context: Path) -> None:
    tag = look(context).tag
    assert tag.startswith("src-")
    assert len(tag) == 20
    int(tag[4:], 16)


def touch(context: Path) -> None:
    (context / "web.py").touch()


def write_bytecode(context: Path) -> None:
    (context / "web.py").chmod(0o600)  # git keeps no more of a mode than whether the file is a program


def own_results(context: Path) -> None:
    (context / ".shipline").mkdir()
    (context / ".shipline" / "release.json").touch()


def git(context: Path) -> None:
    (context / ".git").mkdir()
    (context / ".git" / "HEAD").touch()


@pytest.mark.parametrize("change", [touch, write_bytecode, own_results, git])
def test_what_is_not_content_leaves_the_tag(context: Path, change: Callable[[Path], None]) -> None:
    before = look(context).tag
    change(context)
    assert look(context).tag == before


def edit(context: Path) -> None:
    (context / "web.py").write_text("print(1)\n")


def add(context: Path) -> None:
    (context / "more.py").touch()


def rename(context: Path) -> None:
    (context / "web.py").rename(context / "wab.py")


def make_program(context: Path) -> None:
    (context / "web.py").chmod(0o755)


def change_dockerfile(context: Path) -> None:
    (context / "Dockerfile").write_text("FROM other\n")


def link(context: Path) -> None:
    (context / "alias").symlink_to("web.py")


@pytest.mark.parametrize("change", [edit, add, rename, make_program, change_dockerfile, link])
def test_what_is_content_changes_the_tag(context: Path, change: Callable[[Path], None]) -> None:
    before = look(context).tag
    change(context)
    assert look(context).tag != before


def test_arguments_count_when_the_dockerfile_declares_them(context: Path) -> None:
    plain = look(context).tag
    assert look(context, {"OTHER": "1"}).tag == plain
    assert look(context, {"BASE": "debian"}).tag != plain
    assert look(context, args={"OTHER": "1"}).tag != plain
    assert look(context, {"BASE": "debian"}, {"BASE": "alpine"}).args == {"BASE": "alpine"}


def test_the_archive_holds_the_content_and_is_the_same_each_time(context: Path) -> None:
    (context / "alias").symlink_to("web.py")
    (context / ".dockerignore").write_text("notes\n")
    (context / "notes").touch()
    first = look(context).archive()
    touch(context)
    assert look(context).archive() == first
    with tarfile.open(fileobj=io.BytesIO(first)) as archive:
        found = {member.name: member for member in archive.getmembers()}
    assert sorted(found) == ["Dockerfile", "alias", "run", "web.py"]
    assert (found["run"].mode, found["web.py"].mode, found["alias"].linkname) == (0o755, 0o644, "web.py")
    assert {member.mtime for member in found.values()} == {0}


def test_a_missing_context_or_dockerfile_is_named(context: Path) -> None:
    (context / "Dockerfile").unlink()
    with pytest.raises(Fatal, match=r"the image web .* there is no app/web/Dockerfile"):
        look(context)
    image = Image("web", REPOSITORY, "app/gone", "Dockerfile", {})
    with pytest.raises(Fatal, match="its context app/gone is not a folder"):
        content(image, context.parent.parent, {})
