"""`shipline explain KEY`: each key of the model, told."""

import re

import pytest

from pipeline.config.docs import DOCS
from pipeline.config.reference import UnknownKey, reference


def test_a_key_tells_its_kind_its_meaning_and_its_default() -> None:
    assert reference("environments.approve.expires") == [
        "environments.approve.expires: duration, 5m to 60d",
        "  After this time without an answer the release fails.",
        "  default: 7d",
    ]
    assert reference("name")[2] == "  required"


def test_a_name_of_the_users_own_is_passed_over() -> None:
    assert reference("images.web.dockerfile")[0] == "images.web.dockerfile: text"


def test_a_mapping_tells_the_keys_below() -> None:
    lines = reference("build")
    assert lines[0] == "build: Build"
    assert any(line.startswith("    compute          CodeBuild's") for line in lines)


@pytest.mark.parametrize(
    ("path", "near", "known"),
    [
        ("enviroments", ["environments"], "environments"),
        ("environments.aprove", ["approve"], "approve"),
        ("cluster.nodes.x", [], "least"),
    ],
)
def test_an_unknown_key_tells_what_is_there(path: str, near: list[str], known: str) -> None:
    with pytest.raises(UnknownKey) as caught:
        reference(path)
    assert caught.value.near == near
    assert known in caught.value.known


def test_every_key_at_the_top_is_told() -> None:
    table = (DOCS / "pipeline.md").read_text().partition("## Keys")[2].partition("\n## ")[0]
    keys = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert "environments" in keys
    for key in keys:
        assert len(reference(key)[1]) > 5
