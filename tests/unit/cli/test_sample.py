"""The demo's repository, made and pushed with real git."""

import os
import subprocess
from pathlib import Path

import pytest

from cli.errors import CommandError
from cli.sample import Repository, push, take_sample


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    files = {
        "pipeline.yaml": "name: shop\n",
        "app/web/web.py": "VERSION = 1\n",
        "app/web/__pycache__/web.pyc": "not this",
        "manifests/base/service.yaml": "kind: Service\n",
        "charts/api/Chart.yaml": "name: api\n",
        "README.md": "nor this\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    return Repository(tmp_path / "demo" / "shop", environ, tmp_path / "git.log")


@pytest.fixture
def remote(tmp_path: Path) -> str:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    return str(tmp_path / "remote.git")


def test_first_take_holds_the_sample_and_nothing_else(checkout, repository):
    assert take_sample(checkout, repository) == "Open the shop"
    assert repository.git("ls-files") == [
        ".gitignore",
        "app/web/web.py",
        "charts/api/Chart.yaml",
        "manifests/base/service.yaml",
        "pipeline.yaml",
    ]


def test_second_take_has_nothing_new(checkout, repository):
    take_sample(checkout, repository)
    assert take_sample(checkout, repository) == "nothing new"


def test_users_change_is_committed_under_its_files_names_and_kept(checkout, repository):
    take_sample(checkout, repository)
    (repository.folder / "app/web/web.py").write_text("VERSION = 2\n")
    assert take_sample(checkout, repository) == "Change app/web/web.py"
    assert repository.git("show", "HEAD:app/web/web.py") == ["VERSION = 2"]


def test_changed_sample_is_taken_anew(checkout, repository):
    take_sample(checkout, repository)
    (checkout / "manifests/base/service.yaml").write_text("kind: Service # better\n")
    assert take_sample(checkout, repository) == "Take the sample anew from the checkout"
    assert repository.git("show", "HEAD:manifests/base/service.yaml") == ["kind: Service # better"]


def test_push_says_whether_there_was_something_to_push(checkout, repository, remote):
    take_sample(checkout, repository)
    assert push(repository, remote)
    assert not push(repository, remote)


def test_plain_git_push_goes_to_the_same_place_afterwards(checkout, repository, remote):
    take_sample(checkout, repository)
    push(repository, remote)
    (repository.folder / "app/web/web.py").write_text("VERSION = 3\n")
    repository.git("commit", "--all", "--message", "Three")
    repository.git("push")
    assert repository.git("rev-parse", "origin/main") == [repository.head]


def test_refused_push_is_told_in_gits_own_words(checkout, repository, tmp_path):
    take_sample(checkout, repository)
    with pytest.raises(CommandError, match="no-such-repository"):
        push(repository, str(tmp_path / "no-such-repository"))


def test_incomplete_checkout_is_named(checkout, repository):
    (checkout / "pipeline.yaml").unlink()
    with pytest.raises(CommandError, match=r"pipeline.yaml is missing"):
        take_sample(checkout, repository)
