"""EventBridge's event patterns, rule by rule."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.events.patterns import InvalidPattern, matches

PUSH: dict[str, Any] = {
    "source": "aws.codecommit",
    "detail-type": "CodeCommit Repository State Change",
    "resources": ["arn:aws:codecommit:us-east-1:123456789012:shop"],
    "detail": {
        "event": "referenceUpdated",
        "referenceName": "main",
        "count": 3,
        "merged": True,
        "nothing": None,
        "labels": ["a", "b"],
        "items": [{"kind": "x", "size": 1}, {"kind": "y", "size": 9}],
        "empty": [],
        "ip": "10.1.2.3",
    },
}


def detail(**wanted: Any) -> dict[str, Any]:
    return {"detail": wanted}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # what CDK writes for a CodeCommit source
        (
            {
                "source": ["aws.codecommit"],
                "resources": ["arn:aws:codecommit:us-east-1:123456789012:shop"],
                "detail-type": ["CodeCommit Repository State Change"],
                "detail": {"event": ["referenceCreated", "referenceUpdated"], "referenceName": ["main"]},
            },
            True,
        ),
        ({"source": ["aws.ec2"]}, False),
        ({"account": ["1"]}, False),
        ({}, True),
        (detail(referenceName=["dev", "main"]), True),
        (detail(referenceName=["dev"]), False),
        (detail(labels=["b", "z"]), True),
        (detail(labels=["z"]), False),
        (detail(empty=["z"]), False),
        (detail(count=[3]), True),
        (detail(count=[3.0]), True),
        (detail(count=["3"]), False),
        (detail(merged=[True]), True),
        (detail(merged=[1]), False),
        (detail(nothing=[None]), True),
        (detail(absent=[None]), False),
        (detail(items={"kind": ["y"]}), True),
        (detail(items={"kind": ["z"]}), False),
        (detail(referenceName=[{"prefix": "ma"}]), True),
        (detail(referenceName=[{"prefix": "Ma"}]), False),
        (detail(referenceName=[{"prefix": {"equals-ignore-case": "MA"}}]), True),
        (detail(referenceName=[{"suffix": "in"}]), True),
        (detail(referenceName=[{"suffix": {"equals-ignore-case": "IN"}}]), True),
        (detail(count=[{"prefix": "3"}]), False),
        (detail(referenceName=[{"equals-ignore-case": "MAIN"}]), True),
        (detail(referenceName=[{"anything-but": "dev"}]), True),
        (detail(referenceName=[{"anything-but": ["dev", "main"]}]), False),
        (detail(referenceName=[{"anything-but": {"prefix": "ma"}}]), False),
        (detail(referenceName=[{"anything-but": {"suffix": "x"}}]), True),
        (detail(referenceName=[{"anything-but": {"wildcard": "m*"}}]), False),
        (detail(absent=[{"anything-but": "x"}]), False),
        (detail(referenceName=[{"exists": True}]), True),
        (detail(absent=[{"exists": True}]), False),
        (detail(absent=[{"exists": False}]), True),
        (detail(absent={"deeper": [{"exists": False}]}), True),
        (detail(nothing=[{"exists": True}]), True),
        (detail(count=[{"numeric": [">", 1, "<=", 3]}]), True),
        (detail(count=[{"numeric": ["<", 3]}]), False),
        (detail(count=[{"numeric": ["=", 3]}]), True),
        (detail(referenceName=[{"numeric": ["=", 3]}]), False),
        (detail(referenceName=[{"wildcard": "m*n"}]), True),
        (detail(referenceName=[{"wildcard": "m*x"}]), False),
        (detail(referenceName=[{"wildcard": "m\\*"}]), False),
        (detail(ip=[{"cidr": "10.0.0.0/8"}]), True),
        (detail(ip=[{"cidr": "192.168.0.0/16"}]), False),
        (detail(referenceName=[{"cidr": "10.0.0.0/8"}]), False),
        ({"$or": [{"source": ["x"]}, detail(count=[3])]}, True),
        ({"$or": [{"source": ["x"]}, detail(count=[4])]}, False),
        (detail(**{"$or": [{"count": [4]}, {"referenceName": ["main"]}], "event": ["referenceUpdated"]}), True),
        (detail(**{"$or": [{"count": [3]}], "event": ["referenceDeleted"]}), False),
    ],
)
def test_a_pattern_matches_as_eventbridge_does(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, PUSH) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": "aws.codecommit"},
        {"source": [{"near": "x"}]},
        {"source": [{"prefix": "a", "suffix": "b"}]},
        {"source": [{"anything-but": {"numeric": 1}}]},
        detail(count=[{"numeric": [">"]}]),
    ],
)
def test_what_is_no_pattern_is_an_error(pattern: dict[str, Any]) -> None:
    with pytest.raises(InvalidPattern):
        matches(pattern, PUSH)


@given(st.text(), st.text(), st.text())
def test_a_wildcard_matches_what_it_was_cut_from(start: str, middle: str, end: str) -> None:
    escaped = [part.replace("\\", "\\\\").replace("*", "\\*") for part in (start, end)]
    assert matches({"a": [{"wildcard": "*".join(escaped)}]}, {"a": start + middle + end})


@given(st.dictionaries(st.text(min_size=1).filter(lambda key: key != "$or"), st.text(), max_size=4))
def test_every_event_matches_the_pattern_of_its_own_values(event: dict[str, str]) -> None:
    assert matches({key: [value] for key, value in event.items()}, event)
