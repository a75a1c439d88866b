"""docs/health.md says what the code does."""

import re
from pathlib import Path

from deployer.wait.graces import LET_IT_SPEAK, LOOKED_AT, TAKEN_UP, Graces
from deployer.wait.judge import RULES

PAGE = (Path(__file__).parents[4] / "docs" / "health.md").read_text()


def test_page_names_every_kind_that_has_a_rule() -> None:
    named = set(re.findall(r"\w+", PAGE))
    assert {kind for _, kind in RULES} - named == set()


def test_page_tells_every_grace() -> None:
    graces = Graces()
    told = [float(seconds) for seconds in re.findall(r"\| (\d+) \|$", PAGE, re.MULTILINE)]
    assert told == [
        0.0, graces.missing_image, graces.pull, graces.config, graces.mount, graces.create, graces.crash,
        graces.refused, graces.webhook, graces.unschedulable, graces.scale_up, graces.provision,
        graces.analysis,
    ]  # fmt: skip
    assert f"within {TAKEN_UP:.0f} s is told" in PAGE
    assert f"after {LOOKED_AT:.0f} s as well" in PAGE
    assert f"{LET_IT_SPEAK:.0f} s after it was written" in PAGE
