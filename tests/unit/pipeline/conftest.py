"""The templates of four services, each synthesized once, in process."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import Service, load
from pipeline.main import prefer_own_node
from tests.support.templates import Synthesized

prefer_own_node()

from aws_cdk import App, Environment, Validations  # noqa: E402 - importing the CDK starts node
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from pipeline.synth import FLAGS, compose  # noqa: E402

CHECKOUT = Path(__file__).resolve().parents[3]
ACCOUNT, REGION = "123456789012", "us-east-1"
GITHUB = """\
name: store
source:
  github: acme/store
  connection: arn:aws:codeconnections:eu-central-1:123456789012:connection/01234567-89ab-cdef-0123-456789abcdef
  push: {branches: [main, "release/**"], paths: {include: ["app/**"], exclude: ["docs/**"]}}
environments: [prod]
"""
SMALLEST = "name: tiny\nsource: codecommit\nenvironments: [dev, staging, prod]\n"


def synthesize(service: Path, out: Path, *, account: str | None, nag: bool = False) -> Synthesized:
    return synthesize_loaded(load(service), out, account=account, nag=nag)


def synthesize_loaded(loaded: Service, out: Path, *, account: str | None, nag: bool = False) -> Synthesized:
    app = App(outdir=str(out), analytics_reporting=False, context=FLAGS)
    compose(app, loaded, Environment(account=account, region=REGION if account else None))
    if nag:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return Synthesized(loaded.name, out)


def write_service(folder: Path, text: str, environments: tuple[str, ...] = ("dev", "staging", "prod")) -> Path:
    """A service's repository with one image, overlays and one chart."""
    for name in ("app/web/Dockerfile", "manifests/base/kustomization.yaml", "charts/web/Chart.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for environment in environments:
        overlay = folder / "manifests" / "overlays" / environment / "kustomization.yaml"
        overlay.parent.mkdir(parents=True, exist_ok=True)
        overlay.touch()
    (folder / "pipeline.yaml").write_text(text)
    return folder


@pytest.fixture
def service(tmp_path: Path) -> Callable[[str], Path]:
    """A service's repository with the pipeline.yaml that is given."""
    return lambda text: write_service(tmp_path / "service", text)


@pytest.fixture(scope="session")
def github_service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_service(tmp_path_factory.mktemp("store"), GITHUB)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """This repository's own service, for one account."""
    return synthesize(CHECKOUT, tmp_path_factory.mktemp("sample"), account=ACCOUNT)


@pytest.fixture(scope="session")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """The smallest pipeline.yaml, with no account given."""
    folder = write_service(tmp_path_factory.mktemp("tiny"), SMALLEST)
    return synthesize(folder, tmp_path_factory.mktemp("anywhere"), account=None)


@pytest.fixture(scope="session")
def github(tmp_path_factory: pytest.TempPathFactory, github_service: Path) -> Synthesized:
    return synthesize(github_service, tmp_path_factory.mktemp("github"), account=ACCOUNT)


@pytest.fixture(scope="session", params=["sample", "anywhere", "github"])
def synthesized(request: pytest.FixtureRequest) -> Synthesized:
    """Each of the three."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def synthesize_again(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Synthesized]:
    """Another synthesis of a service's folder (this checkout's by default)."""

    def run(folder: Path = CHECKOUT, *, account: str | None = ACCOUNT, nag: bool = False) -> Synthesized:
        return synthesize(folder, tmp_path_factory.mktemp("again"), account=account, nag=nag)

    return run


@pytest.fixture(scope="session")
def toolkit_buildspec() -> str:
    return (CHECKOUT / "buildspec" / "build.yaml").read_text()


@pytest.fixture
def moved_checkout(tmp_path: Path) -> Path:
    """The sample service in another place on disk."""
    target = tmp_path / "elsewhere"
    target.mkdir()
    for name in ("app", "manifests", "charts", "buildspec"):
        shutil.copytree(CHECKOUT / name, target / name)
    shutil.copy(CHECKOUT / "pipeline.yaml", target)
    return target
