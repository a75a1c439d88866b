"""`shipline init`: what it writes, what it leaves alone, and what it says."""

from pathlib import Path

import pytest

from cli.errors import OK, CommandError
from cli.main import create_parser
from cli.verbs import load
from tests.unit.cli.fakes import Screen


def run(screen: Screen, *argv: str) -> int:
    arguments = create_parser("init").parse_args(["init", *argv])
    return load("init").run(arguments, screen.world)


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "My Shop"
    for name, text in {
        "app/web/Dockerfile": "FROM scratch\n",
        "manifests/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  - image: web\n",
    }.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


def test_definition_is_written_and_right(shop: Path):
    screen = Screen()
    assert run(screen, str(shop)) == OK
    assert (shop / "pipeline.yaml").read_text().splitlines()[1:] == [
        "name: my-shop", "source: codecommit", "environments: [dev, staging, prod]",
    ]  # fmt: skip
    assert "next: shipline explain" in screen.text
    assert "still to do" not in screen.text
    assert [path.name for path in shop.iterdir() if path.is_file()] == ["pipeline.yaml"]


def test_one_that_is_there_is_left_alone(shop: Path):
    (shop / "pipeline.yaml").write_text("name: mine\n")
    with pytest.raises(CommandError, match="already\n  → --force writes over it"):
        run(Screen(), str(shop))
    screen = Screen()
    assert run(screen, str(shop), "--print", "--name", "Other") == OK
    assert "name: other" in screen.text
    assert (shop / "pipeline.yaml").read_text() == "name: mine\n"
    assert run(Screen(), str(shop), "--force") == OK
    assert "name: my-shop" in (shop / "pipeline.yaml").read_text()


def test_what_cannot_work_is_told_and_nothing_is_written(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("nothing to deliver\n")
    with pytest.raises(CommandError, match="there is no image to build") as caught:
        run(Screen(), str(tmp_path))
    assert "there is nothing to deploy" in str(caught.value)
    assert "the pipeline.yaml to be:" in str(caught.value)
    assert "nothing was written" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_no_folder_is_bad_input(tmp_path: Path):
    with pytest.raises(CommandError, match="there is no folder"):
        run(Screen(), str(tmp_path / "none"))
