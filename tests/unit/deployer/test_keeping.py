"""Which images of a repository carry which marks, on ECR's own rules for tags; and when a release makes them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from moto import mock_aws

from deployer.bump.references import Image
from deployer.errors import Fatal, Unavailable
from deployer.keeping import EcrMarks
from deployer.run import Run
from local.images import ecr
from tests.support.repository import ACCOUNT, push, tags_of

HOST = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def client() -> Iterator[Any]:
    ecr.correct()
    with mock_aws():
        made = boto3.client("ecr", "us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")
        for name in ("shop/web", "shop/api"):
            made.create_repository(
                repositoryName=name,
                imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
                imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "in-*"}],
            )
        yield made


def image(digest: str, name: str = "web") -> Image:
    return Image(name, f"{HOST}/shop/{name}", "src-1", digest)


def marks(client: Any, environment: str = "prod") -> EcrMarks:
    return EcrMarks(client, environment, (f"{HOST}/shop/web", f"{HOST}/shop/api"))


def test_three_releases_are_held_in_turn(client: Any) -> None:
    first, second, third = (push(client, "shop/web", number) for number in (1, 2, 3))
    marks(client).coming([image(first)])
    assert tags_of(client, "shop/web")[first] == {"src-1", "in-prod.next"}
    marks(client).arrived()
    assert tags_of(client, "shop/web")[first] == {"src-1", "in-prod.next", "in-prod"}
    marks(client).coming([image(second)])
    assert tags_of(client, "shop/web")[first] == {"src-1", "in-prod"}
    marks(client).arrived()
    assert tags_of(client, "shop/web")[first] == {"src-1", "in-prod.before"}
    marks(client).coming([image(third)])
    marks(client).arrived()
    assert tags_of(client, "shop/web") == {
        first: {"src-1"},
        second: {"src-2", "in-prod.before"},
        third: {"src-3", "in-prod", "in-prod.next"},
    }


def test_a_step_that_is_made_again_changes_nothing(client: Any) -> None:
    first, second = (push(client, "shop/web", number) for number in (1, 2))
    for digest in (first, second):
        for _ in range(2):
            marks(client).coming([image(digest)])
        for _ in range(2):
            marks(client).arrived()
    assert tags_of(client, "shop/web")[first] == {"src-1", "in-prod.before"}


def test_one_that_failed_leaves_what_runs_and_what_ran_before(client: Any) -> None:
    first, second, bad, good = (push(client, "shop/web", number) for number in (1, 2, 3, 4))
    for digest in (first, second):
        marks(client).coming([image(digest)])
        marks(client).arrived()
    marks(client).coming([image(bad)])
    marks(client).coming([image(good)])
    found = tags_of(client, "shop/web")
    assert [found[digest] for digest in (first, second, bad, good)] == [
        {"src-1", "in-prod.before"},
        {"src-2", "in-prod"},
        {"src-3"},
        {"src-4", "in-prod.next"},
    ]


def test_environments_and_images_do_not_meet(client: Any) -> None:
    web, api = push(client, "shop/web", 1), push(client, "shop/api", 2)
    marks(client).coming([image(web), image(api, "api")])
    marks(client).arrived()
    marks(client, "dev").coming([image(web)])
    assert tags_of(client, "shop/web")[web] == {"src-1", "in-prod", "in-prod.next", "in-dev.next"}
    assert tags_of(client, "shop/api")[api] == {"src-2", "in-prod", "in-prod.next"}


def test_an_image_that_is_gone_stops_a_release(client: Any) -> None:
    with pytest.raises(Fatal, match=r"image web: the registry has no .*/shop/web@sha256:c+\. It was deleted"):
        marks(client).coming([image(f"sha256:{'c' * 64}")])


def test_a_refusal_stops_before_anything_is_written_and_turns_no_healthy_release_back(client: Any) -> None:
    lost = EcrMarks(client, "prod", (f"{HOST}/shop/lost",))
    with pytest.raises(Fatal, match="RepositoryNotFoundException"):
        lost.coming([Image("lost", f"{HOST}/shop/lost", "src-1", f"sha256:{'c' * 64}")])
    with pytest.raises(Unavailable, match=r"marks of .*/shop/lost"):
        lost.arrived()


class Told:
    """Writes down what is called on it, by its name; answers with nothing."""

    def __init__(self, name: str, log: list[str]) -> None:
        self._name, self._log = name, log

    def __getattr__(self, verb: str) -> Any:
        return lambda *_, **__: self._log.append(f"{self._name}.{verb}")


def test_a_release_is_held_before_its_record_opens_and_has_arrived_before_it_ends() -> None:
    log: list[str] = []
    journal: Any = SimpleNamespace(
        set_of=lambda number: number,
        good=0, good_digest="", stage="failed", dirty=False, members=(), digest="", revisions={}, counts={}, scan="",
        sharing=lambda number: {},
    )  # fmt: skip
    hold = Told("hold", log)
    setattr(hold, "journal", journal)  # noqa: B010 - it is no attribute of the class
    inventory = SimpleNamespace(key=b"")
    ledger, store = Told("ledger", log), Told("store", log)
    setattr(ledger, "origin", "")  # noqa: B010
    world = SimpleNamespace(marks=Told("marks", log), ledger=ledger, store=store, inventory=inventory)
    desired = SimpleNamespace(digest=lambda key: "", charts=())
    prepared = SimpleNamespace(release=SimpleNamespace(images={}), desired=desired, scan="")
    plan = SimpleNamespace(idle=False, gone=(), members=(), counts={})
    request = SimpleNamespace(execution="e", attempt="a", seal=lambda: "", again=0, renew=False)
    run = Run(cast(Any, world), cast(Any, request), cast(Any, None), cast(Any, hold), 1, loaded=cast(Any, desired))
    run._open(cast(Any, prepared), cast(Any, plan), {}, ())
    assert log == ["hold.check", "marks.coming", "ledger.open", "store.save", "hold.update"]
    log.clear()
    assert run._close() == "succeeded"
    assert log == ["marks.arrived", "ledger.succeed", "hold.update"]
