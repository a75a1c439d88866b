from cli.live import Watch, picture
from cli.pipelines import declared_actions, read_execution
from tests.unit.cli.fakes import FakeCodePipeline, Screen, at, detail

HALF_WAY = [
    detail("Source", "Source", "Succeeded", 0, 1, externalExecutionSummary="abcdef0"),
    detail("Build", "Build", "Succeeded", 1, 8),
    detail("dev", "Deploy", "InProgress", 8, 8),
]

DONE = [
    *HALF_WAY[:2],
    detail("dev", "Deploy", "Succeeded", 8, 10, externalExecutionSummary="2 Deployments are healthy\nmore"),
    detail("dev", "Verify", "Succeeded", 10, 14),
    detail("prod-approval", "Approve", "Succeeded", 14, 20),
    detail("prod", "Deploy", "Succeeded", 20, 22.5),
]


def execution(details, status):
    fake = FakeCodePipeline()
    fake.add("e-1", status, details)
    return read_execution(fake, "shop", "e-1", declared_actions(fake, "shop"))


def test_picture_of_a_release_half_way():
    assert picture(Screen().world.console, execution(HALF_WAY, "InProgress"), at(11)) == [
        "shop: release of abcdef0 Tea  InProgress  11.0 s",
        "  ✓ Source                           1.0 s  abcdef0",
        "  ✓ Build                            7.0 s",
        "  ▸ dev / Deploy                     3.0 s",
        "  · dev / Verify",
        "  · prod-approval / Approve",
        "  · prod / Deploy",
    ]


def test_picture_of_an_ended_release_stands_still():
    lines = picture(Screen().world.console, execution(DONE, "Succeeded"), at(1000))
    assert lines[0] == "shop: release of abcdef0 Tea  Succeeded  22.5 s"
    assert "  ✓ dev / Deploy                     2.0 s  2 Deployments are healthy" in lines


def test_piped_watch_says_each_change_once():
    screen = Screen()
    seen = iter([execution(HALF_WAY, "InProgress"), execution(HALF_WAY, "InProgress"), execution(DONE, "Succeeded")])
    ended = Watch(screen.world.console, lambda: next(seen), sleep=lambda _: None, clock=lambda: at(30)).until(
        lambda _: False
    )
    assert ended.status == "Succeeded"
    assert screen.text.splitlines() == [
        "      1.0 s  ✓  Source / Source  Succeeded after 1.0 s  abcdef0",
        "      8.0 s  ✓  Build / Build  Succeeded after 7.0 s",
        "      8.0 s  ▸  dev / Deploy  started",
        "     10.0 s  ✓  dev / Deploy  Succeeded after 2.0 s  2 Deployments are healthy",
        "     14.0 s  ✓  dev / Verify  Succeeded after 4.0 s",
        "     20.0 s  ✓  prod-approval / Approve  Succeeded after 6.0 s",
        "     22.5 s  ✓  prod / Deploy  Succeeded after 2.5 s",
    ]


def test_watch_pauses_where_it_is_told_to():
    screen = Screen()
    waits = execution([detail("prod-approval", "Approve", "InProgress", 0, 0)], "InProgress")
    paused = Watch(screen.world.console, lambda: waits, sleep=lambda _: None, clock=lambda: at(2)).until(
        lambda release: release.approval is not None
    )
    assert not paused.ended
    assert screen.text.endswith("prod-approval / Approve  started  waits for an approval\n")
