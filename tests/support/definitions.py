"""A right definition to begin with, and the mistakes of a wrong one."""

from pathlib import Path

import pytest

from pipeline.config import InvalidDefinition, Problem, load

GOOD = "name: shop\nsource: codecommit\nenvironments: [dev, staging, prod]\n"


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(InvalidDefinition) as caught:
        load(folder)
    return caught.value.problems
