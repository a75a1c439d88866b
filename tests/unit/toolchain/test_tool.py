import sys
from dataclasses import replace as changed
from pathlib import Path

import pytest

from local.toolchain.tool import InstallFailed, Site, Tool, installed, link, note, replace, run


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, {"PATH": "/usr/bin:/bin"}, lambda line: None)


TOOL = Tool("a tool", "1.2", ("bin/a-tool",), lambda site: "nowhere")


def test_a_tool_is_there_when_it_was_noted_and_its_files_are(site: Site) -> None:
    assert not installed(TOOL, site)
    replace(site.bin / "a-tool", b"x")
    assert not installed(TOOL, site)
    note(TOOL, site)
    assert installed(TOOL, site)


def test_another_version_is_not_there(site: Site) -> None:
    replace(site.bin / "a-tool", b"x")
    note(TOOL, site)

    assert not installed(changed(TOOL, version="1.3"), site)


def test_a_tool_whose_file_was_lost_is_not_there(site: Site) -> None:
    replace(site.bin / "a-tool", b"x")
    note(TOOL, site)
    (site.bin / "a-tool").unlink()

    assert not installed(TOOL, site)


def test_a_file_is_replaced_while_someone_holds_the_old_one(tmp_path: Path) -> None:
    replace(tmp_path / "program", b"old", mode=0o755)
    with (tmp_path / "program").open("rb") as held:
        replace(tmp_path / "program", b"new", mode=0o755)

        assert held.read() == b"old"
    assert (tmp_path / "program").read_bytes() == b"new"


def test_a_link_is_laid_over_another(tmp_path: Path) -> None:
    link(tmp_path / "bin" / "helm", Path("/first"))
    link(tmp_path / "bin" / "helm", Path("/second"))

    assert (tmp_path / "bin" / "helm").readlink() == Path("/second")


def test_a_failed_installer_is_told_with_its_last_lines(site: Site) -> None:
    with pytest.raises(InstallFailed, match=r"status 3 .*\n  it broke"):
        run(site, "broken", [sys.executable, "-c", "print('it broke'); raise SystemExit(3)"])
