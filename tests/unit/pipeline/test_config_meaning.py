"""What a right definition means: short forms, long forms, defaults, and the lines that explain them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from deployer.target import read_target
from pipeline.config import InvalidDefinition, explain, load
from pipeline.config.kinds import seconds, spell
from pipeline.config.service import (
    ChartDelivery,
    CodeCommitSource,
    ConnectedSource,
    KustomizeDelivery,
    ManifestsDelivery,
    Notices,
    Patterns,
    Watch,
)
from pipeline.config.target import shape
from pipeline.config.telling import HAPPENINGS
from pipeline.config.window import Window, right_days, right_hours, right_zone

Write = Callable[[str], Path]
GOOD = "name: shop\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"


def test_three_lines_are_a_whole_service(service: Write) -> None:
    made = load(service(GOOD))
    assert made.source == CodeCommitSource("shop", "main", "", existing=False)
    assert [(image.name, image.context, image.dockerfile) for image in made.images] == [
        ("web", "app/web", "Dockerfile")
    ]
    assert [(target.name, target.namespace) for target in made.environments] == [
        ("dev", "shop-dev"), ("staging", "shop-staging"), ("prod", "shop-prod"),
    ]  # fmt: skip
    assert [target.approval is not None for target in made.environments] == [False, False, True]
    assert made.environments[0].deliveries == (
        KustomizeDelivery("manifests/overlays/dev"), ChartDelivery("charts/web", "shop", ()),
    )  # fmt: skip
    assert made.carried == ("charts", "manifests")
    assert made.deployer.timeout == timedelta(minutes=15)


def test_a_single_environment_waits_for_nobody(service: Write) -> None:
    made = load(service(GOOD.replace("dev, staging, ", "")))
    assert made.environments[0].approval is None


@pytest.mark.parametrize(
    ("written", "waits"), [("true", True), ("false", False), ("{message: Go}", True), ("{}", True)]
)
def test_approve_can_be_said_in_each_form(service: Write, written: str, waits: bool) -> None:
    text = GOOD.replace("[dev, staging, prod]", f"\n  - dev\n  - {{name: prod, approve: {written}}}")
    assert (load(service(text)).environments[1].approval is not None) is waits


def test_kustomization_comes_before_plain_manifests(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").touch()
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").touch()
    (tmp_path / "pipeline.yaml").write_text(GOOD)
    made = load(tmp_path)
    assert made.environments[0].deliveries == (ManifestsDelivery("manifests"),)
    assert [image.name for image in made.images] == ["shop"]
    (tmp_path / "manifests" / "kustomization.yaml").touch()
    assert load(tmp_path).environments[0].deliveries == (KustomizeDelivery("manifests"),)


def test_verify_is_the_services_own_file_unless_said_otherwise(service: Write) -> None:
    folder = service(GOOD.replace("[dev, staging, prod]", "\n  - dev\n  - {name: prod, verify: false}"))
    assert [target.verify for target in load(folder).environments] == [None, None]
    (folder / "buildspec").mkdir()
    (folder / "buildspec" / "verify.yaml").touch()
    assert [target.verify for target in load(folder).environments] == ["buildspec/verify.yaml", None]
    assert load(folder).carried == ("buildspec", "charts", "manifests")


def test_charts_take_the_values_files_that_are_there(service: Write) -> None:
    folder = service(GOOD)
    for environment in ("dev", "staging", "prod"):
        (folder / "charts" / "web" / f"values-{environment}.yaml").touch()
    chart = load(folder).environments[2].deliveries[1]
    assert chart == ChartDelivery("charts/web", "shop", ("charts/web/values-prod.yaml",))


def test_a_chart_may_say_where_its_values_name_an_image(service: Write) -> None:
    made = load(service(f"{GOOD}deploy: [{{chart: charts/web, images: {{front.ref: web}}}}]\n"))
    assert made.environments[0].deliveries == (ChartDelivery("charts/web", "shop", (), (("front.ref", "web"),)),)
    with pytest.raises(InvalidDefinition, match=r"front\.ref names the image 'nobody'"):
        load(service(f"{GOOD}deploy: [{{chart: charts/web, images: {{front.ref: nobody}}}}]\n"))


def test_a_chart_in_a_registry_is_no_folder_of_the_service(service: Write) -> None:
    packed = f"oci://123456789012.dkr.ecr.us-east-1.amazonaws.com/charts/api:1.0.0@sha256:{'a' * 64}"
    made = load(service(f"{GOOD}deploy: [{{chart: charts/web}}, {{chart: '{packed}'}}]\n"))
    assert made.environments[0].deliveries[1] == ChartDelivery(packed, "shop-api", ())
    assert made.carried == ("charts",)


def test_what_a_release_may_do_to_others_is_said_for_each_environment(service: Write) -> None:
    prod = "{name: prod, prune: 20, force_conflicts: true, other_namespaces: [kube-system]}]"
    text = GOOD.replace("prod]", prod) + "deployer: {history: 0}\n"
    made = load(service(text))
    told = [shape(made, target, "", "", {}, {}) for target in made.environments]
    assert [each["pruneShare"] for each in told] == [0.5, 0.5, 0.2]
    assert [each["forceConflicts"] for each in told] == [False, False, True]
    assert [each["otherNamespaces"] for each in told] == [[], [], ["kube-system"]]
    assert [each["history"] for each in told] == [0, 0, 0]
    read = read_target(json.dumps(told[2]))
    assert (read.prune_share, read.force_conflicts, read.history) == (0.2, True, 0)
    assert read.other_namespaces == ("kube-system",)
    lines = explain(made)
    assert "  may change, too: what is in kube-system" in lines
    assert lines.count("  may delete: 50% of what is there  (by default)") == 2
    assert lines[lines.index("  may delete: 20% of what is there") + 1] == "  takes over: fields that others have set"


def test_who_is_told_and_what_is_shown(service: Write) -> None:
    made = load(service(f"{GOOD}notify: ops@acme.example\nobserve: {{longest: 2h}}\n"))
    assert made.notices == Notices(("ops@acme.example",), None, None, None, HAPPENINGS)
    assert made.watch == Watch(alarms=True, longest=timedelta(hours=2))
    target = shape(made, made.environments[0], "r", "l", {}, {})
    assert read_target(json.dumps(target)).metrics is True
    lines = explain(made)
    assert "tells: ops@acme.example, of failures, approvals, releases, rollbacks" in lines
    assert "shows: the dashboard shop-releases, alarms, one after 2h" in lines


def test_who_says_nothing_tells_nobody_and_shows_nothing(service: Write) -> None:
    made = load(service(GOOD))
    assert (made.notices, made.watch) == (None, None)
    assert "metrics" not in shape(made, made.environments[0], "", "", {}, {})
    assert {"tells: nobody  (by default)", "shows: no dashboard  (by default)"} <= set(explain(made))
    assert load(service(f"{GOOD}observe: true\n")).watch == Watch(alarms=False, longest=timedelta(days=1))


def test_several_charts_get_releases_of_their_own(service: Write) -> None:
    folder = service(GOOD)
    (folder / "charts" / "api").mkdir()
    (folder / "charts" / "api" / "Chart.yaml").touch()
    releases = [item.release for item in load(folder).environments[0].deliveries if isinstance(item, ChartDelivery)]
    assert releases == ["shop-api", "shop-web"]


def test_github_filters_default_to_the_branch(service: Write) -> None:
    source = f"{{github: acme/shop, connection: '{CONNECTION}', branch: trunk, push: {{paths: ['app/**']}}}}"
    made = load(service(GOOD.replace("codecommit", source))).source
    branches, paths = Patterns(include=("trunk",)), Patterns(include=("app/**",))
    assert made == ConnectedSource("github", "acme", "shop", CONNECTION, "trunk", branches, paths, Patterns(), "", None)


@pytest.mark.parametrize(
    ("push", "branches", "told"),
    [
        ("{tags: ['v*']}", (), "pushes of the tags v*, at GitLab acme/web/shop"),
        (
            "{tags: ['v*'], paths: [app/**]}",
            ("main",),
            "pushes to main that change app/** and of the tags v*, at GitLab acme/web/shop",
        ),
        (
            "{tags: {exclude: [rc]}, branches: [x]}",
            ("x",),
            "pushes to x and of the tags not rc, at GitLab acme/web/shop",
        ),
    ],
)
def test_tags_start_a_pipeline_beside_branches_or_alone(
    service: Write, push: str, branches: tuple[str, ...], told: str
) -> None:
    source = f"{{gitlab: acme/web/shop, connection: '{CONNECTION}', push: {push}}}"
    loaded = load(service(GOOD.replace("codecommit", source)))
    assert isinstance(loaded.source, ConnectedSource)
    assert (loaded.source.owner, loaded.source.repository) == ("acme/web", "shop")
    assert loaded.source.branches.include == branches
    assert f"source: {told}" in explain(loaded)


def test_codecommit_in_its_long_form(service: Write) -> None:
    made = load(service(GOOD.replace("codecommit", "{codecommit: store, branch: release/1}")))
    assert made.source == CodeCommitSource("store", "release/1", "", existing=False)


@pytest.mark.parametrize(
    ("days", "hours", "cron"),
    [
        ("Mon-Fri", "09:00-16:00", "* * 9-15 ? * MON-FRI"),
        ("Mon, Wed-Fri", "08:00-09:00", "* * 8 ? * MON,WED-FRI"),
        ("Sat", "00:00-24:00", "* * 0-23 ? * SAT"),
    ],
)
def test_a_window_is_told_as_cron(days: str, hours: str, cron: str) -> None:
    assert Window(right_days(days), right_hours(hours), right_zone("UTC")).cron == cron


def test_a_cluster_is_made_or_there_already(service: Write) -> None:
    text = "name: shop\nsource: codecommit\nenvironments: [dev]\n"
    assert load(service(text)).cluster.name == "shop"
    there = load(service(text + "cluster: {existing: platform}\n"))
    assert there.cluster.name == "platform"
    assert explain(there)[-1] == "cluster platform: there already; the stack shop-cluster makes only its namespaces"


def test_explain_marks_what_was_chosen(service: Write) -> None:
    lines = explain(load(service(GOOD + "test: pytest -q\n")))
    assert "tests: pytest -q" in lines
    assert "image web: app/web/Dockerfile, pushed to shop/web  (by default)" in lines
    assert "  waits for: a person, within 7d: Release shop to prod?  (by default)" in lines
    assert lines[0] == "service shop"


@pytest.mark.parametrize(
    ("text", "length"), [("30s", 30), ("15m", 900), ("1h30m", 5400), ("7d", 604800), ("1d1s", 86401)]
)
def test_durations_are_read_and_spelt_alike(text: str, length: int) -> None:
    assert seconds(text) == length
    assert spell(timedelta(seconds=length)) == text


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1.5h", "30m1h", "-5m", "5M"])
def test_what_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        seconds(text)
