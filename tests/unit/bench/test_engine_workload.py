"""The objects that all tools are given."""

from collections import Counter
from pathlib import Path

from bench.engine.workload import Workload, path, texts, write


def test_the_objects_are_the_same_each_time_and_of_the_size_that_is_stated() -> None:
    first, again = list(texts(Workload(1000))), list(texts(Workload(1000)))

    assert first == again
    assert 0.65e6 < len("".join(first)) < 0.69e6


def test_of_ten_objects_three_are_deployments() -> None:
    kinds = Counter(each["kind"] for each in Workload(100).objects())

    assert kinds == {"Deployment": 30, "ConfigMap": 30, "Service": 20, "Secret": 10, "ServiceAccount": 10}


def test_exactly_so_many_objects_change_and_leave_as_is_asked_for() -> None:
    first = list(Workload(100).objects())
    changed, fewer = list(Workload(100, changed=7).objects()), list(Workload(100, dropped=10).objects())

    assert sum(one != other for one, other in zip(first, changed, strict=True)) == 7
    assert fewer == first[10:]


def test_all_tools_are_given_the_same_objects(tmp_path: Path) -> None:
    files = write(Workload(60), tmp_path)

    manifests = {each.name: each.read_bytes() for each in files.manifests.iterdir()}
    assert manifests == {each.name: each.read_bytes() for each in (files.chart / "templates").iterdir()}
    assert len(files.bare.read_text().splitlines()) == 60


def test_an_objects_path_is_the_api_servers() -> None:
    deployment = next(each for each in Workload(10).objects() if each["kind"] == "Deployment")

    assert path(deployment, "bare") == "/apis/apps/v1/namespaces/bare/deployments/app-00006"
