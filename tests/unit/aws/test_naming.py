"""Physical names that are made up."""

import re

from local.aws.cloudformation.naming import physical_name


def test_a_name_holds_stack_and_logical_id() -> None:
    assert re.fullmatch(r"shop-delivery-Build-[A-Z0-9]{12}", physical_name("T", "shop-delivery", "Build"))


def test_a_bucket_and_a_repository_have_no_capitals() -> None:
    assert physical_name("AWS::S3::Bucket", "Shop", "Artifacts").islower()
    assert physical_name("AWS::ECR::Repository", "Shop", "Images").islower()


def test_a_name_keeps_within_its_types_limit_and_both_parts() -> None:
    name = physical_name("AWS::IAM::Role", "s" * 80, "L" * 80)
    assert len(name) <= 64
    assert re.fullmatch(r"s+-L+-[A-Z0-9]{12}", name)
