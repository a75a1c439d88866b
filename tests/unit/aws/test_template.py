"""A template's text."""

import pytest

from local.aws.cloudformation.store import Refused
from local.aws.cloudformation.template import parse

RESOURCE = '"A": {"Type": "AWS::S3::Bucket"}'


def test_yaml_with_short_forms_says_what_json_says() -> None:
    text = (
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub '${AWS::StackName}-a'\n"
    )
    assert parse(text)["Resources"]["A"]["Properties"] == {"BucketName": {"Fn::Sub": "${AWS::StackName}-a"}}


def test_a_date_stays_text() -> None:
    assert (
        parse("AWSTemplateFormatVersion: 2010-09-09\nResources: {A: {Type: X}}")["AWSTemplateFormatVersion"]
        == "2010-09-09"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Template format error"),
        ('{"Resources": {}}', "At least one Resources member"),
        ('{"Resources": {"A": {}}}', "Every Resources object must contain a Type member"),
        ('{"Transform": "AWS::Serverless-2016-10-31", "Resources": {' + RESOURCE + "}}", "template transforms"),
        ('{"Resources": {"A": {"Type": "X", "Properties": {"P": {"Fn::Length": []}}}}}', "does not have Fn::Length"),
        ('{"Resources": {"A": {"Type": "X", "Properties": {"P": {"Ref": "B"}}}}}', r"dependencies \[B\]"),
        ('{"Resources": {"A": {"Type": "X", "DependsOn": "C"}, "C": {"Type": "X", "DependsOn": "A"}}}', "Circular"),
        ('{"Resources": {' + RESOURCE + '}, "Outputs": {"O": {"Value": {"Fn::GetAtt": ["B", "Arn"]}}}}', r"\[B\]"),
    ],
)
def test_what_nothing_here_understands_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        parse(text)
