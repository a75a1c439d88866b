"""One push watched to its end: the approval, the failure, and what is already there."""

from pathlib import Path

import pytest

from cli.demo import answer, asked, latest, look_around, release_times, short_image, started_by_push, watch
from cli.errors import RELEASE_FAILED, CommandError
from cli.sample import Repository
from tests.unit.cli.fakes import FakeCodePipeline, Screen, detail
from tests.unit.cli.test_live import DONE

WAITING = [
    detail("Source", "Source", "Succeeded", 0, 1),
    detail("prod-approval", "Approve", "InProgress", 2, 2),
]


class ApprovedPipeline(FakeCodePipeline):
    """Goes on to prod once its approval is given."""

    def put_approval_result(self, **call):
        told = super().put_approval_result(**call)
        approved = call["result"]["status"] == "Approved"
        self.executions[0]["status"] = "Succeeded" if approved else "Failed"
        self.details["e-1"] = [*WAITING[:1], detail("prod-approval", "Approve", "Succeeded", 2, 5)]
        return told


@pytest.fixture
def fake() -> FakeCodePipeline:
    waiting = ApprovedPipeline()
    waiting.add("e-1", "InProgress", WAITING)
    waiting.tokens["prod-approval"] = "t-1"
    return waiting


def test_watch_gives_the_approval_when_it_was_given_beforehand(fake):
    screen = Screen({"codepipeline": fake})
    delivered = watch(screen.world, fake, "shop", "e-1", approve=True)
    assert delivered.execution is not None
    assert delivered.execution.status == "Succeeded"
    assert fake.calls[0][1]["token"] == "t-1"


@pytest.mark.parametrize("reply", ["y", "yes", " Y "])
def test_watch_asks_for_the_approval(fake, reply):
    questions = []
    screen = Screen({"codepipeline": fake}, ask=lambda question: questions.append(question) or reply)
    assert not watch(screen.world, fake, "shop", "e-1", approve=None).approval_pending
    assert questions == ["Release abcdef0 past prod-approval? [y/N] "]


@pytest.mark.parametrize("reply", ["", "n", "what?"])
def test_anything_but_yes_leaves_the_approval_waiting(fake, reply):
    screen = Screen({"codepipeline": fake}, ask=lambda _: reply)
    assert watch(screen.world, fake, "shop", "e-1", approve=None).approval_pending
    assert fake.calls == []


def test_nobody_is_asked_without_a_terminal():
    assert asked(Screen().world, "really?") is False


def test_an_approval_that_somebody_else_answered_is_not_answered_again(fake):
    fake.tokens.clear()
    screen = Screen({"codepipeline": fake})
    execution = watch_until_waiting(screen, fake)
    assert answer(screen.world, fake, execution, approve=True)
    assert fake.calls == []


def watch_until_waiting(screen, fake):
    from cli.pipelines import declared_actions, read_execution

    return read_execution(fake, "shop", "e-1", declared_actions(fake, "shop"))


def test_failed_release_ends_with_the_actions_own_words_and_the_remedy():
    fake = FakeCodePipeline()
    fake.add("e-1", "Failed", [detail("dev", "Deploy", "Failed", 0, 3, errorDetails={"message": "web: exit code 1"})])
    with pytest.raises(CommandError, match=r"dev / Deploy failed: web: exit code 1\n.*shipline retry shop") as failed:
        watch(Screen().world, fake, "shop", "e-1", approve=True)
    assert failed.value.code == RELEASE_FAILED


def test_superseded_release_is_no_success():
    fake = FakeCodePipeline()
    fake.add("e-1", "Superseded", [])
    with pytest.raises(CommandError, match="ended as Superseded"):
        watch(Screen().world, fake, "shop", "e-1", approve=True)


def test_push_without_the_rule_says_that_nothing_started():
    fake = FakeCodePipeline()
    fake.add("e-1", "Succeeded", [])
    with pytest.raises(CommandError, match="started no execution of shop") as failed:
        started_by_push(Screen().world, fake, "shop", {"e-1"})
    assert "list-rules" in str(failed.value)


def test_execution_of_a_push_is_the_one_that_was_not_there_before():
    fake = FakeCodePipeline()
    fake.add("e-1", "Succeeded", [])
    fake.add("e-2", "InProgress", [])
    assert started_by_push(Screen().world, fake, "shop", {"e-1"}) == "e-2"


def test_latest_release_is_no_way_back():
    fake = FakeCodePipeline()
    assert latest(fake, "shop") is None
    fake.add("e-1", "Failed", [])
    fake.add("e-2", "Succeeded", [], kind="ROLLBACK")
    assert latest(fake, "shop") == "e-1"


def test_times_of_a_release_name_what_is_not_ours():
    fake = FakeCodePipeline()
    fake.add("e-1", "Succeeded", DONE)
    execution = watch_until_waiting(Screen(), fake)
    assert release_times(execution) == "22.5 s (of which build 7.0 s, verification 4.0 s, approval 6.0 s)"


def test_image_is_shown_by_repository_and_digest():
    host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    assert short_image(f"{host}/shop/web@sha256:{'0123456789abcdef' * 4}") == "shop/web@sha256:0123456789ab"
    assert short_image("pause:3.10") == "pause:3.10"


def test_commands_to_look_around_name_the_service_and_its_namespace():
    told = "\n".join(look_around("shop", "shop-prod", Repository(Path("/x"), {}, Path("/y"))))
    for command in ("kubectl --namespace shop-prod", "helm --namespace shop-prod", "get-pipeline-state --name shop"):
        assert command in told
