"""Functions of templates that moto's parser does not know."""

import pytest

from local.aws.cloudformation.scope import Scope, unknown_functions


def scope() -> Scope:
    return Scope(
        stack_id="stack", stack_name="shop", template={"Resources": {}}, parameters={}, exports={},
        account="123456789012", region="us-east-1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("block", "count", "bits", "ranges"),
    [
        ("2001:db8:0:100::/56", 2, "64", ["2001:db8:0:100::/64", "2001:db8:0:101::/64"]),
        ("10.0.0.0/16", "3", 8, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
    ],
)
def test_cidr_is_the_first_ranges_of_a_block(block: str, count: object, bits: object, ranges: list[str]) -> None:
    said = {"Fn::Cidr": [block, count, bits]}
    assert unknown_functions(said) == set()
    assert scope().resolve(said) == ranges
    assert scope().resolve({"Fn::Select": [1, said]}) == ranges[1]
