"""What is wrong with targets, and what is written instead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import InvalidDefinition, load
from tests.support.definitions import problems

HEAD = "name: shop\nsource: codecommit\n"


def of(targets: str, more: str = "", head: str = HEAD) -> str:
    return f"{head}environments:\n  - dev\n  - {{name: prod, {more}targets: {targets}}}\n"


@pytest.mark.parametrize(
    ("targets", "more", "where", "wrong"),
    [
        ("[eu, {cluster: eu}]", "", "environments[1].targets[1]", "`eu` is there twice"),
        (
            "[eu, {cluster: eu, name: eu2}]",
            "",
            "environments[1].targets[1]",
            "the namespace shop-prod of the cluster eu",
        ),
        ("[{cluster: eu, wave: 2}]", "", "environments[1].targets[0].wave", "would wait for wave 1"),
        ("[eu, {cluster: us, wave: 3}]", "", "environments[1].targets[1].wave", "would wait for wave 2"),
        ("[Prod_EU]", "", "environments[1].targets[0].cluster", "`Prod_EU` cannot name a target"),
        (
            "[{cluster: eu, name: dev}, shop]",
            "namespace: shop-dev, ",
            "environments[1].targets[1]",
            "shop-dev of the clus",
        ),
        (
            "[{cluster: shop, account: '111122223333'}, {cluster: shop, name: b}]",
            "",
            "environments[1].targets[0].cluster",
            "the cluster shop is made here",
        ),
        (
            "[shop, {cluster: shop, name: b, namespace: c}]",
            "",
            "environments[1].targets[1]",
            "shop is a target of the environment already",
        ),
        (
            f"[{', '.join(f'cluster-number-{i}' for i in range(18))}]",
            "soak: 1m, verify: build.yaml, ",
            "environments[1].targets",
            "its stage would have 54 actions; CodePipeline takes 50",
        ),
        (
            f"[{', '.join(f'cluster-number-{i}' for i in range(9))}]",
            f"approve: {{message: '{'m' * 400}'}}, ",
            "environments[1].targets",
            "room for 40 characters of each target's plan",
        ),
        (
            "[{cluster: eu, account: '111122223333'}]",
            "verify: build.yaml, ",
            "environments[1].verify",
            "build.yaml does not take the role (SHIPLINE_ROLE)",
        ),
    ],
)
def test_it_is_refused_before_aws_does(
    service: Callable[[str], Path], targets: str, more: str, where: str, wrong: str
) -> None:
    folder = service(of(targets, more))
    (folder / "build.yaml").write_text("version: 0.2\n")
    found = {problem.render(""): problem for problem in problems(folder)}
    assert [text for text in found if f" {where}: " in text and wrong in text], list(found)


def test_a_name_that_lambda_would_not_take_is_refused(service: Callable[[str], Path]) -> None:
    text = of(f"[{{cluster: eu, name: {'n' * 40}}}]", head=HEAD.replace("shop", "shopping"))
    with pytest.raises(InvalidDefinition, match=f"the function shopping-namespaces-prod-{'n' * 40} has 65 characters"):
        load(service(text))


def test_two_parts_never_have_functions_of_one_name(service: Callable[[str], Path]) -> None:
    text = f"{HEAD}environments:\n  - a-b\n  - {{name: a, targets: [b]}}\n"
    with pytest.raises(InvalidDefinition, match="`a/b` and `a-b` would have functions of one name, shop-deploy-a-b"):
        load(service(text), account=None)


def test_a_cluster_that_nothing_is_released_to_is_not_made(service: Callable[[str], Path]) -> None:
    text = f"{HEAD}cluster: {{version: '1.36'}}\nenvironments: [{{name: prod, targets: [eu]}}]\n"
    with pytest.raises(InvalidDefinition, match="no environment is released to the cluster shop"):
        load(service(text))


def test_a_role_is_not_taken_in_another_partition(service: Callable[[str], Path]) -> None:
    folder = service(of("[{cluster: cn, region: cn-north-1}]"))
    load(folder)
    with pytest.raises(InvalidDefinition, match="cn-north-1 is in the partition aws-cn, and the pipeline in us-east-1"):
        load(folder, account="123456789012", region="us-east-1")


def test_the_same_namespace_on_two_clusters_is_right(service: Callable[[str], Path]) -> None:
    text = f"{HEAD}environments:\n"
    text += "  - {name: staging, namespace: shop, targets: [staging]}\n"
    text += "  - {name: prod, namespace: shop, targets: [eu, {cluster: eu, name: us, region: us-east-2, wave: 2}]}\n"
    assert [part.namespace for part in load(service(text)).parts] == ["shop"] * 3
