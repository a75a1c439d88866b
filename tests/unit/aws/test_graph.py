"""The order of a template's resources."""

import pytest

from local.aws.cloudformation.graph import Circular, dependencies, order


def test_references_of_every_function_count() -> None:
    resources = {
        "A": {"Type": "T", "Properties": {"X": {"Fn::Sub": "${B}-${C.Arn}-${AWS::Region}-${!Literal}"}}},
        "B": {"Type": "T", "Properties": {"X": [{"Fn::GetAtt": "C.Arn"}, {"Fn::If": ["Yes", {"Ref": "D"}, ""]}]}},
        "C": {"Type": "T", "DependsOn": "D"},
        "D": {"Type": "T", "Properties": {"X": {"Ref": "AWS::StackName"}}},
    }
    assert dependencies(resources) == {"A": {"B", "C"}, "B": {"C", "D"}, "C": {"D"}, "D": set()}
    assert order(resources) == ["D", "C", "B", "A"]


def test_names_that_a_sub_brings_itself_are_no_references() -> None:
    body = {"Type": "T", "Properties": {"X": {"Fn::Sub": ["${word}-${B}", {"word": {"Ref": "C"}}]}}}
    assert dependencies({"A": body, "B": {}, "C": {}, "word": {}})["A"] == {"B", "C"}


def test_a_circle_names_those_in_it() -> None:
    resources = {"A": {"DependsOn": ["B"]}, "B": {"Properties": {"X": {"Ref": "A"}}}, "C": {}, "D": {"DependsOn": "A"}}
    with pytest.raises(Circular, match=r"\[A, B\]"):
        order(resources)
