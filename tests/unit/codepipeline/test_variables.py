"""`#{namespace.variable}` in configurations."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.codepipeline.variables import Unresolved, resolve

NAMESPACES = {"Source": {"CommitId": "c0ffee", "Message": "#{Source.CommitId}"}, "variables": {"tier": "a"}}


def test_references_are_replaced_wherever_they_stand() -> None:
    given = {"a": "x-#{Source.CommitId}-#{variables.tier}", "b": "plain"}
    assert resolve(given, NAMESPACES) == {"a": "x-c0ffee-a", "b": "plain"}


def test_a_value_is_not_resolved_a_second_time() -> None:
    assert resolve({"a": "#{Source.Message}"}, NAMESPACES) == {"a": "#{Source.CommitId}"}


@pytest.mark.parametrize("reference", ["#{Source.None}", "#{None.CommitId}", "#{CommitId}", "#{}"])
def test_an_unknown_reference_is_an_error_that_names_it(reference: str) -> None:
    with pytest.raises(Unresolved) as error:
        resolve({"a": reference}, NAMESPACES)
    assert reference in str(error.value)


def test_too_much_is_an_error() -> None:
    with pytest.raises(Unresolved, match="100 KB"):
        resolve({"a": "#{big.b}"}, {"big": {"b": "x" * 200_000}})


@given(st.text())
def test_any_message_stays_one_value_of_the_environment(message: str) -> None:
    """Quotes and line breaks of a commit message cannot break out of the JSON around them."""
    text = json.dumps([{"name": "MESSAGE", "value": "#{Source.Message}", "type": "PLAINTEXT"}])
    resolved = resolve({"EnvironmentVariables": text}, {"Source": {"Message": message}})
    assert json.loads(resolved["EnvironmentVariables"]) == [{"name": "MESSAGE", "value": message, "type": "PLAINTEXT"}]


@given(st.text())
def test_any_message_stays_in_its_command(message: str) -> None:
    text = json.dumps(["echo '#{Source.Message}'", "true"])
    resolved = resolve({"Commands": text}, {"Source": {"Message": message}})
    assert json.loads(resolved["Commands"]) == [f"echo '{message}'", "true"]
