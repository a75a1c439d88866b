from pathlib import Path

import pytest

from tools.shipline_build.ignore import excluded, rules


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        ("notes.txt", "notes.txt", True),
        ("notes.txt", "a/notes.txt", False),
        ("**/notes.txt", "a/b/notes.txt", True),
        ("**/notes.txt", "notes.txt", True),
        ("*.pyc", "a.pyc", True),
        ("*.pyc", "a/b.pyc", False),
        ("node_modules", "node_modules/a/b.js", True),
        ("/build/", "build/x", True),
        ("docs/*\n!docs/keep.md", "docs/keep.md", False),
        ("docs/*\n!docs/keep.md", "docs/drop.md", True),
        ("*\n!web.py", "web.py", False),
        ("*\n!web.py", "a/b", True),
        ("*\n!src", "src/a/b", False),
        ("# a comment\n\n", "a comment", False),
        ("a?c", "abc", True),
        ("[ab].txt", "b.txt", True),
        ("temp*/**", "temporary/x/y", True),
    ],
)
def test_patterns_exclude_as_dockers_do(tmp_path: Path, text: str, path: str, out: bool) -> None:
    (tmp_path / ".dockerignore").write_text(text)
    assert excluded(path, rules(tmp_path, "Dockerfile")) is out


def test_a_dockerfiles_own_ignore_file_wins(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    (tmp_path / "web.Dockerfile.dockerignore").write_text("b")
    found = rules(tmp_path, "web.Dockerfile")
    assert (excluded("a", found), excluded("b", found)) == (False, True)
