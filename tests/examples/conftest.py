"""The services of docs/examples, synthesized by one App in one process, with cdk-nag looking on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from local.settings import ACCOUNT, CHECKOUT, REGION
from pipeline.config import load
from pipeline.main import prefer_own_node
from tests.support.templates import Synthesized

prefer_own_node()

from aws_cdk import App, Environment, Validations  # noqa: E402 - importing the CDK starts node
from cdk_nag import AwsSolutionsChecks  # noqa: E402

from pipeline.synth import FLAGS, compose  # noqa: E402

EXAMPLES = CHECKOUT / "docs" / "examples"


@pytest.fixture(scope="session")
def folders() -> list[Path]:
    return sorted(path.parent for path in EXAMPLES.rglob("pipeline.yaml"))


@pytest.fixture(scope="session")
def assembly(folders: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cloud assembly with the stacks of all of them, for any account, or for the machine's where others trust it."""
    out = tmp_path_factory.mktemp("examples") / "cdk.out"
    app = App(outdir=str(out), analytics_reporting=False, context=FLAGS)
    for folder in folders:
        service = load(folder)
        apart = any(part.at and part.at.elsewhere for part in service.parts)
        compose(app, service, Environment(account=ACCOUNT, region=REGION) if apart else Environment())
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return out


@pytest.fixture(scope="session")
def example(assembly: Path) -> Callable[[str], Synthesized]:
    """The templates of the example in the folder of that name."""
    return lambda folder: Synthesized(load(EXAMPLES / folder).name, assembly)
