"""The schema and the reference page are what the model says now."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from pipeline.config.docs import DOCS, files, schema

CHECKOUT = DOCS.parent


@pytest.mark.parametrize("name", sorted(files()))
def test_docs_are_current(name: str) -> None:
    assert (DOCS / name).read_text() == files()[name], "run: .venv/bin/python -m pipeline.config.docs"


def test_schema_takes_what_the_loader_takes() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    examples = [(CHECKOUT / "pipeline.yaml").read_text(), *re.findall(r"```yaml\n(.*?)```", _page(), re.DOTALL)]
    for text in examples:
        assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize("change", [{"tset": 1}, {"source": "github"}, {"environments": "dev"}, {"deployer": {"x": 1}}])
def test_schema_refuses_what_the_loader_refuses(change: dict[str, object]) -> None:
    data = {"name": "shop", "source": "codecommit", "environments": ["dev"], **change}
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(data))


def test_every_key_has_words() -> None:
    described = json.loads((DOCS / "pipeline.schema.json").read_text())
    for definition in [described, *described["$defs"].values()]:
        assert [key for key, value in definition["properties"].items() if not value.get("description")] == []


def _page() -> str:
    return Path(DOCS / "pipeline.md").read_text()
