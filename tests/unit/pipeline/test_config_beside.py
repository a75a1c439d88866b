"""Mistakes that a definition alone does not show: it is deployed elsewhere, or another file is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import InvalidDefinition, load
from tests.support.definitions import GOOD, problems

Service = Callable[[str], Path]


@pytest.mark.parametrize(
    ("account", "region", "said"),
    [
        ("123456789012", "eu-central-1", "publishes in its own region only"),
        ("210987654321", "us-east-1", "is of account 123456789012"),
    ],
)
def test_a_topic_that_eventbridge_cannot_reach_is_refused(
    service: Service, account: str, region: str, said: str
) -> None:
    folder = service(GOOD + "notify: {topic: 'arn:aws:sns:us-east-1:123456789012:ours'}\n")
    assert load(folder).notices == load(folder, account="123456789012", region="us-east-1").notices
    with pytest.raises(InvalidDefinition) as caught:
        load(folder, account=account, region=region)
    (found,) = caught.value.problems
    assert (found.line, found.column) == (4, 17)
    assert said in found.wrong
    assert found.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no known.yaml"),
        ("a: b", "known.yaml is not a list"),
        ("- [", "known.yaml cannot be read"),
        ("- CVE-1", "exception 1 is not a mapping"),
        ("- {id: a, owner: b, reason: c}", "exception 1 has no `expires`"),
        ("- {id: a, owner: b, reason: c, expires: soon}", "exception 1 expires `soon`"),
        ("- {id: a, owner: b, reason: c, expires: 2020-01-31}", "exception 1 (a, b) ended on 2020-01-31"),
        ("- {id: a, owner: b, reason: c, expires: 2999-01-31, until: x}", "exception 1 has a key `until`"),
        ("- {id: a, owner: b, reason: c, expires: 2999-01-31, image: nope}", "exception 1 is of an image `nope`"),
    ],
)
def test_exceptions_that_are_not_right_are_refused(service: Service, text: str | None, said: str) -> None:
    folder = service(GOOD + "scan: {exceptions: known.yaml}\n")
    if text is not None:
        (folder / "known.yaml").write_text(text)
    (found,) = problems(folder)
    assert (found.line, found.column) == (4, 20)
    assert said in found.wrong
    assert found.remedy
