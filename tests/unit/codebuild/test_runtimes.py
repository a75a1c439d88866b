import os
import sys

from local.codebuild.runtimes import mismatches

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRON = {"PATH": f"{sys.prefix}/bin:{os.defpath}"}


def test_a_version_that_is_there_says_nothing() -> None:
    assert list(mismatches({"python": PYTHON}, ENVIRON)) == []
    assert list(mismatches({"python": f"{PYTHON}.x"}, ENVIRON)) == []


def test_another_version_is_told() -> None:
    (line,) = mismatches({"python": "3.2"}, ENVIRON)
    assert line.startswith(f"runtime-versions: python 3.2 is asked for, this machine has {PYTHON}.")


def test_a_runtime_that_is_not_there_is_told() -> None:
    assert list(mismatches({"php": "8"}, {"PATH": "/nowhere:/usr/bin"})) == [
        "runtime-versions: php 8 is asked for, and this machine has none"
    ]
    assert list(mismatches({"cobol": "85"}, ENVIRON)) == [
        "runtime-versions: this machine does not know the runtime cobol"
    ]
