"""The lifecycle rules of the templates on ECR's documented evaluation: what they take away, and what they never do."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deployer.bump.references import Image
from deployer.keeping import EcrMarks
from local.images import ecr
from pipeline.config.registry.plan import RegistryPlan
from pipeline.parts.repositories import Repositories
from tests.support.lifecycle import Kept, expired
from tests.support.repository import ACCOUNT, push, tags_of

URI = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/shop/web"
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
KEEP = 5


def policy(plan: RegistryPlan) -> Any:
    """As the template has it."""
    from aws_cdk import App, Stack

    stack = Stack(App(analytics_reporting=False), "stack")
    Repositories(stack, "Images", "shop", ["web"], plan)
    resources = stack.node.root.synth().get_stack_by_name("stack").template["Resources"].values()
    (repository,) = [each["Properties"] for each in resources if each["Type"] == "AWS::ECR::Repository"]
    return json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])


@pytest.fixture(scope="module")
def marked() -> Any:
    return policy(RegistryPlan(keep=KEEP))


@pytest.fixture
def client() -> Iterator[Any]:
    ecr.correct()
    with mock_aws():
        made = boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        made.create_repository(
            repositoryName="shop/web",
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "in-*"}],
        )
        yield made


def image(number: int, *tags: str, names: tuple[str, ...] = (), age: int = 0) -> Kept:
    """A higher number was pushed later."""
    return Kept(str(number), NOW - dt.timedelta(days=age, minutes=-number), frozenset(tags), frozenset(names))


def test_without_marks_the_thousand_and_first_push_takes_the_oldest_image_whatever_runs_it() -> None:
    counted = policy(RegistryPlan())
    images = [image(number, f"src-{number}") for number in range(1001)]
    assert expired(counted, images[1:], NOW) == set()
    assert expired(counted, images, NOW) == {"0"}


def test_marked_images_stay_however_old_and_the_newest_beside_them(marked: Any) -> None:
    images = [image(number, f"src-{number}") for number in range(20)]
    images[0] = image(0, "src-0", "in-prod", age=900)
    images[1] = image(1, "src-1", "in-prod.before")
    images[2] = image(2, "src-2", "in-dev.next")
    assert expired(marked, images, NOW) == {str(number) for number in range(3, 20 - KEEP)}


def test_marks_of_every_environment_there_can_be_expire_nothing(marked: Any) -> None:
    tags = [f"in-{name}{which}" for name in range(48) for which in ("", ".next", ".before")]
    assert expired(marked, [image(number, f"src-{number}", tag) for number, tag in enumerate(tags)], NOW) == set()


def test_the_images_of_an_index_live_as_long_as_it_does(marked: Any) -> None:
    parts = [image(1, age=99), image(2, age=99), image(3, age=99)]
    runs = image(4, "src-a", "in-prod", names=("1", "2"), age=99)
    others = [image(number, f"src-{number}") for number in range(10, 10 + KEEP)]
    assert expired(marked, [*parts, runs, *others], NOW) == {"3"}


def test_what_an_environment_needs_is_there_through_any_sequence_of_pushes_and_releases(
    client: Any, marked: Any
) -> None:
    dice = random.Random(7)
    pushed: list[str] = []
    needs: dict[str, dict[str, str]] = {"dev": {}, "prod": {}}
    for number in range(1, 120):
        pushed.append(push(client, "shop/web", number))
        if dice.random() < 0.4:
            environment = dice.choice(["dev", "dev", "dev", "prod"])
            release(client, environment, dice.choice(_there(client, pushed)[-KEEP:]), needs, dice)
        take_away(client, marked, pushed)
        there = set(tags_of(client, "shop/web"))
        assert {digest for held in needs.values() for digest in held.values()} <= there
    assert len(there) <= KEEP + 6
    assert len(pushed) - len(there) > 90


def release(client: Any, environment: str, digest: str, needs: dict[str, dict[str, str]], dice: random.Random) -> None:
    """What the deployer does of it; every third fails, and leaves running what ran."""
    marks, held = EcrMarks(client, environment, (URI,)), needs[environment]
    marks.coming([Image("web", URI, "src", digest)])
    held["next"] = digest
    if dice.random() < 0.33:
        return
    marks.arrived()
    if held.get("runs") not in (None, digest):
        held["before"] = held["runs"]
    held["runs"] = digest


def take_away(client: Any, rules: Any, pushed: list[str]) -> None:
    tags = tags_of(client, "shop/web")
    times = {digest: NOW + dt.timedelta(minutes=at) for at, digest in enumerate(pushed)}
    images = [Kept(digest, times[digest], frozenset(found)) for digest, found in tags.items()]
    for digest in expired(rules, images, NOW + dt.timedelta(minutes=len(pushed))):
        client.batch_delete_image(repositoryName="shop/web", imageIds=[{"imageDigest": digest}])


def _there(client: Any, pushed: list[str]) -> list[str]:
    found = tags_of(client, "shop/web")
    return [digest for digest in pushed if digest in found]


def test_the_simulation_is_no_empty_promise(client: Any, marked: Any) -> None:
    """Without marks the very same rules take away what runs."""
    first = push(client, "shop/web", 1)
    pushed = [first, *(push(client, "shop/web", number) for number in range(2, 3 + KEEP))]
    take_away(client, marked, pushed)
    assert first not in tags_of(client, "shop/web")
