"""The fuzz target of all parsers, for a few seconds; `python -m tests.fuzz.parsers` goes on as long as one likes."""

import os
import subprocess
import sys

import pytest

from local.settings import CHECKOUT
from tests.fuzz.target import PARSERS, seeds, try_one

SECONDS = 10


def test_no_bytes_make_a_parser_fail_hang_or_fill_the_memory():
    path = os.pathsep.join(map(str, (CHECKOUT, CHECKOUT / "lambdas")))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.parsers", "--seconds", str(SECONDS)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "stat::number_of_executed_units" in done.stderr


@pytest.mark.parametrize("number", range(len(PARSERS)))
def test_every_parser_takes_what_the_mutations_start_from(number):
    for data in seeds():
        if data[0] == number:
            try_one(data)
