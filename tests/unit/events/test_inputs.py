"""What a target is started with."""

import json
from typing import Any

import pytest

from local.events.inputs import InvalidInput, at, target_input

RULE = "arn:aws:events:us-east-1:123456789012:rule/on-push"
EVENT: dict[str, Any] = {
    "id": "1",
    "time": "2026-01-01T00:00:00Z",
    "detail": {"commitId": "c0ffee", "message": 'say "hi"\nthere', "refs": ["a", {"name": "b"}], "detail-x": 7},
}


def told(**target: Any) -> str:
    return target_input({"Arn": "x", **target}, EVENT, RULE)


def test_by_default_it_is_the_event() -> None:
    assert json.loads(told()) == EVENT


def test_a_constant_is_itself() -> None:
    assert told(Input='{"a": 1}') == '{"a": 1}'


def test_a_path_takes_a_part() -> None:
    assert json.loads(told(InputPath="$.detail.commitId")) == "c0ffee"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", EVENT),
        ("$.detail.refs[0]", "a"),
        ("$.detail.refs[1].name", "b"),
        ("$.detail['detail-x']", 7),
        ("$.detail.detail-x", 7),
        ("$.detail.none", None),
        ("$.detail.refs[9]", None),
        ("$.id.deeper", None),
    ],
)
def test_paths_go_to_their_value(path: str, value: Any) -> None:
    assert at(path, EVENT) == value


@pytest.mark.parametrize("path", ["detail", "$..detail", "$.detail[*]"])
def test_what_is_no_path_is_an_error(path: str) -> None:
    with pytest.raises(InvalidInput):
        at(path, EVENT)


def test_a_template_has_json_where_a_value_stands_alone() -> None:
    transformer = {
        "InputPathsMap": {"commit": "$.detail.commitId", "refs": "$.detail.refs", "none": "$.none"},
        "InputTemplate": '{"commit": <commit>, "refs": <refs>, "none": <none>, "rule": <aws.events.rule-arn>}',
    }
    assert json.loads(told(InputTransformer=transformer)) == {
        "commit": "c0ffee",
        "refs": ["a", {"name": "b"}],
        "none": None,
        "rule": RULE,
    }


def test_a_template_has_text_inside_of_quotes() -> None:
    transformer = {
        "InputPathsMap": {"message": "$.detail.message"},
        "InputTemplate": '{"text": "it says: <message> by <aws.events.rule-name>"}',
    }
    assert json.loads(told(InputTransformer=transformer)) == {"text": 'it says: say "hi"\nthere by on-push'}


def test_the_whole_event_goes_into_a_template() -> None:
    transformer = {"InputTemplate": '{"event": <aws.events.event.json>}'}
    assert json.loads(told(InputTransformer=transformer)) == {"event": EVENT}
