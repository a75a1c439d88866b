"""What `shipline init` makes of folders as teams have them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline import draft
from pipeline.config import load
from pipeline.draft.origin import parse

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  - image: {image}\n"
SERVICE = "apiVersion: v1\nkind: Service\n"
CHART = "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
CONNECTION = "arn:aws:codeconnections:us-east-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef"
Make = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return made


def drafted(folder: Path, name: str = "shop", **more: str) -> list[str]:
    """The lines below the first; the definition is right as it stands."""
    text = draft.text(folder, name, draft.look(folder), draft.origin(folder), **more)
    (folder / "pipeline.yaml").write_text(text)
    load(folder)
    return text.splitlines()[1:]


def test_what_the_defaults_find_is_not_written(make: Make) -> None:
    overlays = {f"manifests/overlays/{name}/kustomization.yaml": "" for name in ("prod", "dev", "staging")}
    folder = make(
        {"app/web/Dockerfile": "", "app/api/Dockerfile": "", "manifests/base/kustomization.yaml": "", **overlays}
    )
    assert drafted(folder) == ["name: shop", "source: codecommit", "environments: [dev, staging, prod]"]


def test_what_lies_elsewhere_is_written_out(make: Make) -> None:
    folder = make({
        "services/front/Dockerfile": "", "services/front/Dockerfile.worker": "", "Dockerfile": "",
        "deploy/base/kustomization.yaml": "resources: [web.yaml]\n", "deploy/base/web.yaml": SERVICE,
        "deploy/qa/kustomization.yaml": "", "deploy/production/kustomization.yaml": "",
        "helm/shop/Chart.yaml": CHART, "helm/shop/templates/web.yaml": SERVICE,
        "helm/shop/charts/sub/Chart.yaml": CHART,
        "helm/shop/values-qa.yaml": "", "helm/shop/values-production.yaml": "",
        "k8s/more/config.yaml": SERVICE, "docker-compose.yaml": "services: {}\n",
    })  # fmt: skip
    assert drafted(folder) == [
        "name: shop",
        "source: codecommit",
        "images:",
        "  shop: .",
        "  front: services/front",
        "  worker:",
        "    context: services/front",
        "    dockerfile: Dockerfile.worker",
        "deploy:",
        "  - kustomize: deploy/{environment}",
        "  - manifests: k8s/more",
        "  - chart: helm/shop",
        "    values: ['helm/shop/values-{environment}.yaml']",
        "environments: [qa, production]",
    ]


def test_values_that_some_environment_lacks_are_left_to_a_person(make: Make) -> None:
    overlays = {f"manifests/overlays/{name}/kustomization.yaml": "" for name in ("dev", "prod")}
    folder = make({"app/web/Dockerfile": "", "chart/Chart.yaml": CHART, "chart/values-prod.yaml": "", **overlays})
    assert drafted(folder)[2:] == [
        "deploy:",
        "  - kustomize: manifests/overlays/{environment}",
        "  - chart: chart",
        "environments: [dev, prod]",
    ]


def test_two_images_of_one_short_name_get_their_paths_as_names(make: Make) -> None:
    folder = make({"a/web/Dockerfile": "", "b/web/Dockerfile": "", "manifests/web.yaml": SERVICE})
    assert drafted(folder)[2:5] == ["images:", "  a-web: a/web", "  b-web: b/web"]


def test_what_tools_brought_and_what_nobody_runs_is_left_out(make: Make) -> None:
    folder = make({
        "app/web/Dockerfile": "", "manifests/web.yaml": SERVICE, "tests/e2e/Dockerfile": "",
        "node_modules/x/Dockerfile": "", ".hidden/Dockerfile": "", "library/Chart.yaml": CHART + "type: library\n",
    })  # fmt: skip
    assert drafted(folder)[2:] == ["environments: [dev, staging, prod]"]
    told = list(draft.notes("shop", draft.look(folder), None, ""))
    assert "tests/e2e/Dockerfile was left out: name it under `images` if it is released" in told


def test_images_that_a_release_would_not_find_are_told_with_their_file(make: Make) -> None:
    folder = make({
        "app/web/Dockerfile": "", "app/api/Dockerfile": "", "app/job/Dockerfile": "",
        "manifests/web.yaml": DEPLOYMENT.format(image="registry.example:5000/team/web:1.2@sha256:" + "a" * 64),
        "manifests/api.yaml": DEPLOYMENT.format(image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1"),
        "manifests/side.yaml": DEPLOYMENT.format(image="envoyproxy/envoy:v1.31"),
    })  # fmt: skip
    told = list(draft.notes("shop", draft.look(folder), None, ""))
    assert told == [
        f"manifests/web.yaml: write the image registry.example:5000/team/web:1.2@sha256:{'a' * 64} as shop/web, "
        "so that a release puts its digest there",
        "no manifest names the image job: write it there as shop/job",
    ]


@pytest.mark.parametrize(
    ("url", "host", "repository"),
    [
        ("https://github.com/acme/shop.git", "github", "acme/shop"),
        ("git@github.com:acme/shop", "github", "acme/shop"),
        ("ssh://git@gitlab.com/acme/web/shop.git", "gitlab", "acme/web/shop"),
        ("https://user@bitbucket.org/acme/shop.git", "bitbucket", "acme/shop"),
        ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/store", "codecommit", "store"),
        ("codecommit::eu-west-1://profile@store", "codecommit", "store"),
    ],
)
def test_origin_is_read_in_every_spelling(url: str, host: str, repository: str) -> None:
    found = parse(url)
    assert found is not None
    assert (found.host, found.repository) == (host, repository)


@pytest.mark.parametrize("url", ["/srv/git/shop.git", "https://git.example.com/shop", "../shop", ""])
def test_other_remotes_are_no_source(url: str) -> None:
    assert parse(url) is None


def test_source_is_the_origin_where_a_connection_leads_to_it(make: Make) -> None:
    remote = '[remote "origin"]\n\turl = git@github.com:acme/shop.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    folder = make({".git/config": remote, "app/web/Dockerfile": "", "manifests/web.yaml": SERVICE})
    assert drafted(folder)[1] == "source: codecommit"
    (note, *_) = draft.notes("shop", draft.look(folder), draft.origin(folder), "")
    assert note.startswith("the code is at github: acme/shop.")
    assert drafted(folder, connection=CONNECTION)[1:4] == [
        "source:",
        "  github: acme/shop",
        f"  connection: {CONNECTION}",
    ]


@pytest.mark.parametrize(("given", "made"), [("My Shop", "my-shop"), ("9to5", "service-9to5"), ("__", "service")])
def test_names_are_made_right(given: str, made: str) -> None:
    assert draft.slug(given) == made
