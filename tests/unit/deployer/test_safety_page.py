"""The page of faults and threats: complete, and every test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "safety.md").read_text()
FAULTS, THREATS = (part.partition("\n## ")[0] for part in PAGE.split("\n## ")[1:3])
NAMES = re.compile(r"`(test_\w+)`")


def rows(part):
    return [line for line in part.splitlines() if line.startswith("| ")][2:]


def test_every_test_that_the_page_names_exists():
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    there = {name for text in texts for name in re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)}
    named = set(NAMES.findall(PAGE))
    assert len(named) > 80
    assert named - there == set()


def test_every_fault_and_threat_names_its_tests():
    for row in [*rows(FAULTS), *rows(THREATS)]:
        assert NAMES.search(row), row
    assert len(rows(FAULTS)) == 17
    told = [int(number) for row in rows(THREATS) for number in re.findall(r"^\| (\d+)", row)]
    assert sorted(set(told)) == list(range(1, 18))
