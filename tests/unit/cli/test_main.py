import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from cli.errors import BUG, CANNOT_RUN, INTERRUPTED
from cli.main import create_parser, surprise
from cli.verbs import GROUPS, load

SHIPLINE = Path(sys.executable).parent / "shipline"
VERBS = [name for names in GROUPS.values() for name in names]


def test_every_verb_module_is_in_the_help():
    modules = {path.stem for path in (Path(load("up").__file__).parent).glob("[a-z]*.py")}
    assert modules == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as ended:
        create_parser().parse_args([verb, "--help"])
    assert ended.value.code == 0
    assert load(verb).SUMMARY.split(":")[0] in capsys.readouterr().out


def test_unknown_verb_is_bad_input(capsys):
    with pytest.raises(SystemExit) as ended:
        create_parser().parse_args(["delpoy"])
    assert ended.value.code == CANNOT_RUN


def test_surprise_is_one_line_with_a_remedy_and_no_traceback(capsys):
    with pytest.raises(KeyError) as raised:
        {}["nothing"]
    assert surprise(raised.value) == BUG
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert told.splitlines()[0].startswith("shipline: a bug in shipline: KeyError")
    assert "SHIPLINE_DEBUG" in told.splitlines()[1]


def test_an_account_that_does_not_answer_is_the_users_to_mend(capsys):
    assert surprise(EndpointConnectionError(endpoint_url="http://127.0.0.1:9")) == CANNOT_RUN
    assert "shipline up" in capsys.readouterr().err


def test_interrupted_command_ends_what_it_started(tmp_path):
    log = tmp_path / "logs" / "machine.log"
    log.parent.mkdir()
    log.write_text("one\n")
    process = subprocess.Popen(
        [SHIPLINE, "logs", "--follow"],
        env={**os.environ, "SHIPLINE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "one\n"
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=10)
    assert (process.returncode, told) == (INTERRUPTED, "shipline: interrupted\n")


def test_command_ends_with_bad_input_in_one_line(tmp_path):
    done = subprocess.run([SHIPLINE, "validate", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == CANNOT_RUN
    assert "there is no pipeline.yaml" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
