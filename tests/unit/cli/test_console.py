import io
import json

import pytest

from cli.console import Console, clip, columns, megabytes, seconds


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0.0 s"), (3.44, "3.4 s"), (59.9, "59.9 s"), (125, "2 min 05 s"), (3725, "1 h 02 min")],
)
def test_seconds_are_said_as_people_say_them(value, said):
    assert seconds(value) == said


def test_megabytes_round():
    assert megabytes(1_234_567_890) == "1235 MB"


def test_columns_are_as_wide_as_their_widest_cell_and_the_last_runs_free():
    assert columns([("a", "bbb", "x"), ("aaaa", "b", "a long end")]) == ["a     bbb  x", "aaaa  b    a long end"]
    assert columns([]) == []


def test_clip_counts_no_colour_codes():
    assert clip("\x1b[31mabcdef\x1b[0mgh", 4) == "\x1b[31mabcd\x1b[0m"


def test_piped_console_says_a_step_twice_without_codes():
    out = io.StringIO()
    times = iter([0.0, 1.5])
    with Console(out, clock=lambda: next(times, 1.5)).step("cdk deploy") as step:
        step.result = "2 stacks"
    first, second = out.getvalue().splitlines()
    assert first == "… cdk deploy"
    assert second.split() == ["✓", "cdk", "deploy", "1.5", "s", "2", "stacks"]
    assert "\x1b" not in out.getvalue()


def test_failing_step_is_marked_and_the_failure_goes_on():
    out = io.StringIO()
    with pytest.raises(ValueError, match="no"), Console(out).step("work"):
        raise ValueError("no")
    assert out.getvalue().splitlines()[-1].startswith("✗ work")


def test_live_console_redraws_in_place():
    out = io.StringIO()
    console = Console(out, live=True)
    console.rewrite(["one", "two"], 0)
    console.rewrite(["one!"], 2)
    assert out.getvalue() == "\x1b[2Kone\n\x1b[2Ktwo\n\x1b[J" + "\x1b[2A\x1b[2Kone!\n\x1b[J"


def test_data_is_json():
    out = io.StringIO()
    Console(out).data({"a": [1]})
    assert json.loads(out.getvalue()) == {"a": [1]}
