"""Two templates → what happens to each resource."""

from typing import Any

import pytest

from cli.planning.compare import as_told, compare, leaves, sections

TABLE, FUNCTION, CLUSTER = "AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::EKS::Cluster"


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def one(kind: str, more: dict[str, Any] | None = None, /, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties, **(more or {})}


def actions(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {change.id: change.action for change in compare("s", old, new)}


@pytest.mark.parametrize(
    ("kind", "old", "new", "action"),
    [
        (FUNCTION, {"Timeout": 3}, {"Timeout": 4}, "changed"),
        (FUNCTION, {"FunctionName": "a"}, {"FunctionName": "b"}, "replaced"),
        (FUNCTION, {"Timeout": 3}, {"Timeout": 3, "FunctionName": "b"}, "replaced"),
        (TABLE, {"KeySchema": [{"AttributeName": "a"}]}, {"KeySchema": [{"AttributeName": "b"}]}, "maybe replaced"),
        (CLUSTER, {"KubernetesNetworkConfig": {"IpFamily": "ipv4"}}, {"KubernetesNetworkConfig": {}}, "replaced"),
        (
            CLUSTER,
            {"KubernetesNetworkConfig": {"IpFamily": "ipv4"}},
            {"KubernetesNetworkConfig": {"IpFamily": "ipv4", "ElasticLoadBalancing": {"Enabled": True}}},
            "changed",
        ),
        ("Custom::Namespaces", {"Namespaces": []}, {"Namespaces": ["a"]}, "changed"),
    ],
)
def test_cloudformations_schema_says_what_is_replaced(kind: str, old: Any, new: Any, action: str) -> None:
    assert actions(template(It=one(kind, **old)), template(It=one(kind, **new))) == {"It": action}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"DependsOn": ["A"]}, {"DependsOn": "B"}),
        ({"Metadata": {"aws:cdk:path": "a/b"}}, {}),
    ],
)
def test_what_is_not_deployed_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert actions(template(It=one(FUNCTION, old)), template(It=one(FUNCTION, new))) == {}


def test_true_and_its_word_are_the_same() -> None:
    old = template(It=one(FUNCTION, Timeout=3, Traced=True, Layers=["a"]))
    assert actions(old, template(It=one(FUNCTION, Timeout="3", Traced="true", Layers=["a"]))) == {}


def test_cdks_record_of_itself_is_no_resource() -> None:
    assert actions(template(), template(CDKMetadata=one("AWS::CDK::Metadata", Analytics="v2"))) == {}


@pytest.mark.parametrize(
    ("policy", "action"),
    [("Retain", "kept"), ("RetainExceptOnCreate", "kept"), ("Delete", "deleted"), (None, "deleted")],
)
def test_what_leaves_is_deleted_unless_it_is_retained(policy: str | None, action: str) -> None:
    more = {"DeletionPolicy": policy} if policy else {}
    assert actions(template(It=one(TABLE, more)), template()) == {"It": action}


def test_characters_that_cloudformation_does_not_tell_are_no_change() -> None:
    old = template(It=one(FUNCTION, Description="who? ? us"))
    assert actions(old, template(It=one(FUNCTION, Description="who? → us"))) == {}
    assert actions(old, template(It=one(FUNCTION, Description="who! → us"))) == {"It": "changed"}
    assert as_told(["?"], ["é", "b"]) == ["é", "b"]


def test_what_refers_to_a_replaced_one_follows_and_is_replaced_where_it_cannot_change() -> None:
    def made(cidr: str) -> dict[str, Any]:
        return template(
            Function=one(FUNCTION, VpcConfig={"SubnetIds": [{"Ref": "Subnet"}]}),
            Subnet=one("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}),
            Vpc=one("AWS::EC2::VPC", CidrBlock=cidr),
            Log=one("AWS::EC2::FlowLog", ResourceId={"Fn::Sub": "${Vpc}"}),
            Apart=one(FUNCTION),
        )

    found = compare("s", made("10.0.0.0/16"), made("10.1.0.0/16"))
    assert [(each.id, each.action, each.because) for each in found] == [
        ("Function", "changed", ("Subnet",)),
        ("Subnet", "replaced", ("Vpc",)),
        ("Vpc", "replaced", ()),
        ("Log", "replaced", ("Vpc",)),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # a name of its own stays, and something else needs a new resource
        ({"It": one(CLUSTER, Name="a", RoleArn="r")}, {"It": one(CLUSTER, Name="a", RoleArn="s")}),
        # another logical id takes the name of one that is still there
        ({"Old": one(TABLE, TableName="t")}, {"New": one(TABLE, TableName="t")}),
        ({"Old": one(TABLE, {"DeletionPolicy": "Retain"}, TableName="t")}, {"New": one(TABLE, TableName="t")}),
        ({"It": one(TABLE)}, {"It": one(FUNCTION)}),
    ],
)
def test_what_cloudformation_will_refuse_is_said(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compare("s", template(**old), template(**new))[0].refused


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"It": one(TABLE, TableName="a")}, {"It": one(TABLE, TableName="b")}),
        ({"Old": one(TABLE)}, {"New": one(TABLE)}),
        ({}, {"New": one(TABLE, TableName="t")}),
    ],
)
def test_other_replacements_are_not_refused(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert [each.refused for each in compare("s", template(**old), template(**new)) if each.refused] == []


def test_items_with_names_are_compared_by_them() -> None:
    old = [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]
    new = [{"Name": "B", "Value": "3"}, {"Name": "C", "Value": "4"}]
    assert [(each.path, each.before, each.after) for each in leaves(old, new)] == [
        (("A",), {"Name": "A", "Value": "1"}, None),
        (("B", "Value"), "2", "3"),
        (("C",), None, {"Name": "C", "Value": "4"}),
    ]


def test_another_order_of_named_items_is_a_change() -> None:
    old = [{"Name": "A"}, {"Name": "B"}]
    assert list(leaves(old, old[::-1])) != []


def test_a_template_says_more_than_resources() -> None:
    old = {"Parameters": {"BootstrapVersion": {"Default": "a"}}, "Outputs": {"Url": {"Value": "a"}}}
    new = {"Parameters": {"BootstrapVersion": {"Default": "b"}}, "Outputs": {"Url": {"Value": "b"}}}
    assert [each.path for each in sections(old, new)] == [("Outputs", "Url", "Value")]
