import argparse

import pytest

from cli.engine.options import duration


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1h", 3600), ("0.5m", 30)])
def test_times_are_seconds_or_have_a_unit(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "0", "-1", "1d", "nan", "inf", "ten"])
def test_what_is_no_time_is_bad_input(text):
    with pytest.raises(argparse.ArgumentTypeError, match="no time"):
        duration(text)
