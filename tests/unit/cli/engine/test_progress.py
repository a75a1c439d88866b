import io

from cli.console import Console
from cli.engine.progress import Progress

EVENTS = [
    {"event": "invoked", "release": 7},
    {"event": "planned", "created": 2, "unchanged": 3},
    {"event": "stage", "stage": "before", "seconds": 0.0},
    {"event": "stage", "stage": "apply", "seconds": 0.2},
    {"event": "waiting", "state": "1 of 2 objects are healthy"},
    {"event": "stage", "stage": "wait", "seconds": 3.5},
]


def shown(events, live=False, stopped=False):
    out = io.StringIO()
    with Progress(Console(out, clock=lambda: 0.0, live=live)) as progress:
        if stopped:
            progress.stop()
        for event in events:
            progress.hear(event)
    return out.getvalue(), progress


def test_pipe_gets_one_line_a_stage_that_took_time():
    text, progress = shown(EVENTS)
    assert text.splitlines() == [
        "✓ plan                         0.0 s  2 created, 3 unchanged",
        "✓ apply                        0.2 s",
        "✓ wait until healthy           3.5 s",
    ]
    assert (progress.number, progress.counts) == (7, {"created": 2, "unchanged": 3})
    assert progress.stages == {"plan": 0.0, "before": 0.0, "apply": 0.2, "wait": 3.5}


def test_terminal_shows_what_is_waited_for_in_one_line_that_moves():
    text, _ = shown(EVENTS, live=True)
    assert "\r\x1b[2K▸ wait until healthy" in text
    assert "1 of 2 objects are healthy" in text
    assert text.count("\n") == 3


def test_failure_is_told_where_it_came_and_the_way_back_after_it():
    failed = {"event": "failed", "stage": "wait", "reason": "web: crashes\nits last words"}
    back = {"event": "restored", "release": 6, "applied": 1, "deleted": 2}
    text, _ = shown([*EVENTS[:4], failed, back, {"event": "stage", "stage": "restore", "seconds": 0.1}])
    assert text.splitlines()[2:] == [
        "✗ wait until healthy           0.0 s  web: crashes",
        "✓ go back                      0.1 s  release 6: 1 applied, 2 deleted",
    ]


def test_stage_that_was_interrupted_is_not_shown_as_done():
    text, _ = shown(EVENTS, stopped=True)
    assert "wait" not in text


def test_events_of_no_interest_are_passed_over():
    assert shown([{"event": "something", "new": 1}])[0] == ""
