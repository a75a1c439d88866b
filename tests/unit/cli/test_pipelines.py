from cli.pipelines import declared_actions, pipeline_names, read_execution
from tests.unit.cli.fakes import FakeCodePipeline, at, detail


def read(fake):
    return read_execution(fake, "shop", "e-1", declared_actions(fake, "shop"))


def test_declared_actions_are_in_the_order_of_stages_and_run_order():
    names = [(action.stage, action.name) for action in declared_actions(FakeCodePipeline(), "shop")]
    assert names == [
        ("Source", "Source"),
        ("Build", "Build"),
        ("dev", "Deploy"),
        ("dev", "Verify"),
        ("prod-approval", "Approve"),
        ("prod", "Deploy"),
    ]


def test_pipeline_names_are_sorted():
    assert pipeline_names(FakeCodePipeline(("shop", "blog"))) == ["blog", "shop"]


def test_execution_shows_what_has_not_begun_as_pending():
    fake = FakeCodePipeline()
    fake.add("e-1", "InProgress", [detail("Source", "Source", "Succeeded", 0, 1)])
    execution = read(fake)
    assert [action.status for action in execution.actions] == ["Succeeded"] + 5 * ["Pending"]
    assert (execution.commit, execution.message) == ("abcdef0123456789", "Tea")
    assert not execution.ended
    assert execution.started == at(0)


def test_retried_action_shows_its_latest_attempt():
    fake = FakeCodePipeline()
    attempts = [
        detail("Source", "Source", "Succeeded", 0, 1),
        detail("Build", "Build", "Failed", 1, 2, errorDetails={"message": "no disk"}),
        detail("Build", "Build", "InProgress", 9, 9),
    ]
    fake.add("e-1", "InProgress", attempts)
    build = read(fake).actions[1]
    assert (build.status, build.error) == ("InProgress", "")
    assert build.seconds(at(12)) == 3


def test_failed_action_carries_the_providers_words():
    fake = FakeCodePipeline()
    fake.add("e-1", "Failed", [detail("dev", "Deploy", "Failed", 0, 4, errorDetails={"message": "web: crashed"})])
    failed = read(fake).failed_action
    assert failed is not None
    assert (failed.stage, failed.error) == ("dev", "web: crashed")


def test_failed_action_without_words_says_that_there_are_none():
    fake = FakeCodePipeline()
    fake.add("e-1", "Failed", [detail("dev", "Deploy", "Failed", 0, 4)])
    failed = read(fake).failed_action
    assert failed is not None
    assert failed.error == "no reason was given"


def test_approval_is_found_while_it_waits():
    fake = FakeCodePipeline()
    fake.add("e-1", "InProgress", [detail("prod-approval", "Approve", "InProgress", 0, 0)])
    approval = read(fake).approval
    assert approval is not None
    assert approval.stage == "prod-approval"
