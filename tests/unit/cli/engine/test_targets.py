"""An environment with targets, as the command line names it: ENVIRONMENT/TARGET, or all of them."""

import argparse
from pathlib import Path

import pytest

from cli.engine.place import environments, find_place, find_whole
from cli.engine.session import meant
from cli.errors import CommandError
from cli.verbs.releases import within

TEXT = """\
name: store
source: codecommit
environments:
  - dev
  - name: prod
    targets: [prod-eu, {cluster: prod-us, wave: 2, namespace: store-us}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text("kind: ConfigMap\n")
    (tmp_path / "pipeline.yaml").write_text(TEXT)
    return tmp_path


def arguments(folder: Path, env: str | None) -> argparse.Namespace:
    return argparse.Namespace(folder=folder, env=env, name=None, namespace=None)


def test_a_target_is_a_place_of_its_own(folder: Path) -> None:
    place = find_place(arguments(folder, "prod/prod-us"))
    assert (place.environment, place.target, place.cluster, place.namespace) == (
        "prod", "prod-us", "prod-us", "store-us",
    )  # fmt: skip
    assert place.told == "store in prod/prod-us"


def test_work_that_needs_a_cluster_wants_one_target(folder: Path) -> None:
    with pytest.raises(CommandError, match="prod of store has several targets") as caught:
        find_place(arguments(folder, "prod"))
    assert "dev, prod/prod-eu, prod/prod-us" in caught.value.remedy


def test_a_hold_may_be_of_all_targets_or_of_one(folder: Path) -> None:
    whole = find_whole(arguments(folder, "prod"))
    assert (whole.whole, whole.environment, whole.target) == (True, "prod", "")
    assert not find_whole(arguments(folder, "prod/prod-eu")).whole
    assert not find_whole(arguments(folder, "dev")).whole


@pytest.mark.parametrize(
    ("env", "labels"),
    [
        (None, ["dev", "prod/prod-eu", "prod/prod-us"]),
        ("prod", ["prod/prod-eu", "prod/prod-us"]),
        ("prod/prod-us", ["prod/prod-us"]),
    ],
)
def test_a_history_is_of_each_target(folder: Path, env: str | None, labels: list[str]) -> None:
    assert [place.label for place in environments(arguments(folder, env))] == labels


def test_a_context_that_is_another_clusters_is_refused(folder: Path) -> None:
    place = find_place(arguments(folder, "prod/prod-eu"))
    meant(place, "arn:aws:eks:eu-central-1:111122223333:cluster/prod-eu")
    meant(place, "my-own-name-for-it")
    with pytest.raises(CommandError, match="the cluster prod-eu, and the context is prod-us's"):
        meant(place, "arn:aws:eks:eu-central-1:111122223333:cluster/prod-us")


def test_releases_of_an_environment_are_those_of_its_targets() -> None:
    labels = ["dev", "prod/prod-eu", "prod/prod-us", "production"]
    assert within(labels, "prod") == ["prod/prod-eu", "prod/prod-us"]
    assert within(labels, None) == labels
