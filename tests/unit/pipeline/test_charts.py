"""Charts that the build pushes: their repositories, who may do what with them, what is told, what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployer.target import read_target
from pipeline.config import InvalidDefinition, explain, load
from pipeline.config.target import shape
from tests.support.templates import Synthesized
from tests.unit.pipeline.conftest import ACCOUNT, synthesize, write_service

HEAD = "name: store\nsource: codecommit\nenvironments: [dev, staging, prod]\n"
PUSH = "deploy: [{chart: charts/web, push: true}]\n"
BESIDE = "sign: true\nregistry: {keep: 30, key: true}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.2.0\n"
Service = Callable[[str], Path]


def described(folder: Path, chart: str = CHART) -> Path:
    (folder / "charts/web/Chart.yaml").write_text(chart)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = described(write_service(tmp_path_factory.mktemp("store"), HEAD + PUSH + BESIDE))
    return synthesize(folder, tmp_path_factory.mktemp("out"), account=ACCOUNT, nag=True)


def repositories(made: Synthesized) -> dict[str, tuple[str, Any]]:
    """(logical id, properties) by name."""
    return {each["RepositoryName"]: (key, each) for key, each in made.of_type("AWS::ECR::Repository").items()}


def statements(made: Synthesized, start: str) -> list[Any]:
    (role,) = [key for key in made.of_type("AWS::IAM::Role") if key.startswith(start)]
    return list(made.statements_of(role))


def test_a_chart_has_a_repository_whose_tags_never_move_whatever_is_kept_of_images(made: Synthesized) -> None:
    found = repositories(made)
    assert set(found) == {"store/web", "store/charts/web"}
    (_, images), (_, chart) = found["store/web"], found["store/charts/web"]
    moving = [each["ImageTagMutabilityExclusionFilterValue"] for each in chart["ImageTagMutabilityExclusionFilters"]]
    assert moving == ["sha256-*.sig"]  # and no marks, which its deployers do not set
    rules = json.loads(chart["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rules[-1]["selection"]["countNumber"] == 2000  # a thousand, with their signatures
    assert chart["EncryptionConfiguration"] == images["EncryptionConfiguration"]
    policy = made.resources[found["store/charts/web"][0]]["DeletionPolicy"]
    assert policy == "RetainExceptOnCreate"


def test_the_build_may_push_it_and_deployers_may_only_read_it(made: Synthesized) -> None:
    arn = {"Fn::GetAtt": [repositories(made)["store/charts/web"][0], "Arn"]}
    (pushing,) = [each for each in statements(made, "BuildRole") if "ecr:PutImage" in each["Action"]]
    assert arn in pushing["Resource"]
    (reading,) = [each for each in statements(made, "prodDeployerRole") if each["Resource"] == arn]
    assert reading["Action"] == ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def test_build_and_deployers_are_told_of_one_repository(made: Synthesized) -> None:
    (build,) = [each for each in made.of_type("AWS::CodeBuild::Project").values() if each["Name"] == "store-build"]
    told = {each["Name"]: each["Value"] for each in build["Environment"]["EnvironmentVariables"]}
    name = repositories(made)["store/charts/web"][0]
    assert '"path":"charts/web"' in json.dumps(told["SHIPLINE_CHARTS"]).replace("\\", "")
    assert name in json.dumps(told["SHIPLINE_CHARTS"])
    for function in made.of_type("AWS::Lambda::Function").values():
        if str(function.get("FunctionName")).startswith("store-deploy-"):
            assert '"pushed":"' in json.dumps(function["Environment"]).replace("\\", "")
            assert name in json.dumps(function["Environment"])


def test_the_target_is_read_as_it_was_written(service: Service) -> None:
    loaded = load(described(service(HEAD + PUSH)))
    where = "123456789012.dkr.ecr.us-east-1.amazonaws.com/store/charts/web"
    told = shape(loaded, loaded.environments[0], "us-east-1", "t", {}, {}, "", {"web": where})
    target = read_target(json.dumps(told))
    assert target.charts == {"web": where}
    assert target.deliveries[0].path == "charts/web"
    without = read_target(json.dumps(shape(loaded, loaded.environments[0], "us-east-1", "t", {}, {})))
    assert without.charts == {}  # a preview takes what its own artifact holds


def test_nothing_of_it_is_there_where_no_chart_is_pushed(sample: Synthesized) -> None:
    text = json.dumps(sample.resources)
    assert "SHIPLINE_CHARTS" not in text
    assert "pushed" not in text
    assert "/charts/" not in json.dumps(repositories(sample))


def test_explain_says_where_a_chart_goes(service: Service) -> None:
    told = "\n".join(explain(load(described(service(HEAD + PUSH)))))
    assert "the chart charts/web, which the build pushes to ECR, as release store" in told


def refused(folder: Path) -> str:
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    return "\n".join(f"{each.line}: {each.wrong}; {each.remedy}" for each in caught.value.problems)


@pytest.mark.parametrize(
    ("chart", "wrong"),
    [
        ("apiVersion: v2\nname: web\n", "has no version"),
        ("apiVersion: v2\nname: web\nversion: 1.2\n", "the version 1.2, which is none of SemVer 2"),
        ("apiVersion: v2\nname: web\nversion: v1.2.0\n", "the version 'v1.2.0', which is none"),
        ("apiVersion: v2\nname: web\nversion: 1.02.0\n", "the version '1.02.0', which is none"),
        (f"apiVersion: v2\nname: web\nversion: 1.2.0-{'a' * 120}\n", "characters; a tag takes 128"),
        ("name: web\nversion: 1.2.0\n", "has no apiVersion that Helm knows"),
        (CHART.replace("web", "site"), "the chart in charts/web is named 'site'"),
        (CHART + "type: library\n", "is a library chart"),
        ("{apiVersion: v2, name: web, version: 1.2.0}\n", "does not have `version` on a line of its own"),
        ("- web\n", "is no YAML mapping"),
        ("a: [\n", "is no YAML mapping"),
    ],
)
def test_a_chart_that_cannot_be_pushed_is_refused(service: Service, chart: str, wrong: str) -> None:
    told = refused(described(service(HEAD + PUSH), chart))
    assert wrong in told
    assert {line.partition(":")[0] for line in told.splitlines()} == {"4"}


def test_a_chart_beside_a_zip_in_s3_is_refused(service: Service) -> None:
    text = HEAD.replace("source: codecommit", "source: {s3: acme-uploads, key: store.zip}") + PUSH
    assert "4: a chart's version ends with the commit, and a zip in S3 has none" in refused(described(service(text)))


def test_a_name_that_ecr_does_not_take_is_refused(service: Service) -> None:
    folder = service(HEAD + PUSH.replace("charts/web", "charts/web--1_"))
    (folder / "charts/web--1_").mkdir()
    (folder / "charts/web--1_/Chart.yaml").write_text(CHART.replace("web", "web--1_"))
    assert "ECR takes no repository named store/charts/web--1_" in refused(folder)


def test_a_chart_with_a_link_is_refused(service: Service) -> None:
    folder = described(service(HEAD + PUSH))
    (folder / "charts/web/files").symlink_to("/etc")
    assert "4: charts/web/files is a link, and no chart is released with one" in refused(folder)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            f"deploy: [{{chart: 'oci://{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/x@sha256:{'a' * 64}', push: true}}]\n",
            "it is in a registry already",
        ),
        ("deploy: [{chart: 'charts/{environment}', push: true}]\n", "each environment would get another chart"),
        (PUSH + "build: {buildspec: b.yaml}\n", "b.yaml does not run the step `release` of Shipline's tools"),
        (
            "deploy: [{chart: charts/web, push: true}, {chart: more/web, release: more, push: true}]\n",
            "charts/web and more/web would be pushed to one repository",
        ),
        (
            PUSH + "registry: {harbor: {host: h.acme.io, project: p, robot: a, pull: b}}\n",
            "charts are pushed to the ECR that has the images",
        ),
    ],
)
def test_what_would_be_in_vain_is_refused(service: Service, text: str, wrong: str) -> None:
    folder = described(service(HEAD + text))
    for name in ("dev", "staging", "prod", "../more/web"):
        (folder / "charts" / name).mkdir(parents=True)
        (folder / "charts" / name / "Chart.yaml").write_text(CHART)
    (folder / "b.yaml").write_text("version: 0.2\n")
    assert wrong in refused(folder)


def test_two_releases_of_one_chart_share_its_repository(service: Service) -> None:
    two = "deploy: [{chart: charts/web, release: a, push: true}, {chart: charts/web, release: b, push: true}]\n"
    assert load(described(service(HEAD + two))).pushed == {"web": "charts/web"}
