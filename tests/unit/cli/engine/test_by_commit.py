"""Environments that another one delivers to are not delivered to from a desk; the others of the service are."""

import argparse

import pytest

from cli.engine.place import applied_place, find_place
from cli.errors import CommandError
from local.settings import CHECKOUT

EXAMPLES = CHECKOUT / "docs" / "examples"


def named(environment: str, example: str = "gitops") -> argparse.Namespace:
    return argparse.Namespace(folder=EXAMPLES / example, name=None, env=environment, namespace=None)


def test_a_desk_says_where_its_releases_are_and_how_to_go_back() -> None:
    with pytest.raises(CommandError) as caught:
        applied_place(named("prod"))
    assert "wiki in prod is delivered by commits to wiki-config (apps/wiki/prod), not from a desk" in str(caught.value)
    assert "--pipeline-name wiki --stage-name prod" in f"{caught.value} {caught.value.remedy}"


def test_what_codepipelines_action_deploys_is_not_a_desks() -> None:
    with pytest.raises(CommandError) as caught:
        applied_place(named("prod", "eks-action"))
    assert "menu in prod is deployed by CodePipeline's EKS action, not from a desk" in str(caught.value)
    assert "--pipeline-name menu --stage-name prod" in f"{caught.value} {caught.value.remedy}"


def test_what_is_applied_directly_and_what_only_reads_goes_on() -> None:
    assert applied_place(named("dev")).environment == "dev"
    assert find_place(named("prod")).environment == "prod"
