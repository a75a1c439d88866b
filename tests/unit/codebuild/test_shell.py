import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.codebuild.shell import Limits, Shell, ShellLost, enclosure

FOREVER = Limits(float("inf"), lambda: False)
ROOT = os.geteuid() == 0

ORPHAN = """
import sys
from pathlib import Path
from tests.unit.codebuild.test_shell import FOREVER, open_shell
shell = open_shell(Path(sys.argv[1]))
shell.run(sys.argv[2], lambda text: print(text, end="", flush=True), FOREVER)
"""


def open_shell(folder: Path, prefix: Sequence[str] = (), **variables: str) -> Shell:
    directory = folder / "src"
    directory.mkdir(exist_ok=True)
    made = Shell(folder / "state", directory, {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", **variables}, prefix)
    made.begin(FOREVER)
    return made


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    made = open_shell(tmp_path)
    yield made
    made.close()


def said(shell: Shell, command: str) -> str:
    pieces: list[str] = []
    assert shell.run(command, pieces.append, FOREVER) == 0
    return "".join(pieces)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_any_value_survives_from_command_to_command(shell: Shell, value: str) -> None:
    shell.export("VALUE", value)
    said(shell, "COPY=$VALUE")
    assert shell.read(["COPY"], FOREVER) == {"COPY": value}


def test_all_output_of_a_command_comes_before_its_status(shell: Shell) -> None:
    assert len(said(shell, "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done")) == 220_000


def test_characters_cut_in_two_by_the_pipe_are_whole(shell: Shell) -> None:
    assert said(shell, "printf '\\303'; sleep 0.1; printf '\\274'") == "ü"


def test_a_background_process_goes_on_and_does_not_hold_the_next_command_up(shell: Shell) -> None:
    began = time.monotonic()
    said(shell, "(while :; do echo tick >> ticks; sleep 0.05; done) & true")
    said(shell, "sleep 0.2; test $(wc -l < ticks) -ge 2")
    assert time.monotonic() - began < 5


def test_a_command_reads_nothing_from_its_input(shell: Shell) -> None:
    assert said(shell, "cat; echo end") == "end\n"


def test_set_e_ends_one_command_and_is_not_carried(shell: Shell) -> None:
    assert shell.run("set -e; KEPT=1\nfalse\necho never", lambda _: None, FOREVER) == 1
    assert said(shell, "false; echo $KEPT") == "1\n"


def test_text_is_expanded_as_between_double_quotes(shell: Shell) -> None:
    said(shell, "WORD='a b'")
    assert shell.expand("x-$WORD-$(echo 1)", FOREVER) == "x-a b-1"


def test_a_syntax_error_fails_its_command_only(shell: Shell) -> None:
    pieces: list[str] = []
    assert shell.run("if then", pieces.append, FOREVER) != 0
    assert "yntax error" in "".join(pieces)
    assert said(shell, "echo on") == "on\n"


def test_a_driver_that_is_gone_is_told(shell: Shell) -> None:
    shell.kill()
    with pytest.raises(ShellLost, match="ended by itself"):
        shell.run("true", lambda _: None, FOREVER)


def test_a_prefix_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(ShellLost, match=r"ended by itself, status 32, before any command ran: no view of the machine"):
        open_shell(tmp_path, ["sh", "-c", "echo no view of the machine >&2; exit 32", "--"])


def test_a_driver_that_goes_under_a_command_is_told_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    shell = open_shell(tmp_path, ["timeout", "-s", "KILL", "0.5"])
    with closing(shell), pytest.raises(ShellLost, match="ended by itself"):
        shell.run("sleep 60", lambda _: None, FOREVER)
    assert time.monotonic() - began < 10


def running(command: str) -> bool:
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return command in listed.splitlines()


def test_nothing_of_a_build_outlives_the_machine(tmp_path: Path) -> None:
    """SIGKILL to the process that runs the build, which can do nothing any more about its children."""
    behind, before = (f"sleep {300 + number}.{os.getpid()}" for number in (1, 2))  # no other run's
    command = f"{behind} & echo started; {before}"
    machine = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path), command], stdout=subprocess.PIPE, text=True
    )
    try:
        assert machine.stdout
        assert machine.stdout.readline() == "started\n"
        deadline = time.monotonic() + 5
        while not running(before) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running(before)
    finally:
        machine.send_signal(signal.SIGKILL)
        machine.communicate()
    deadline = time.monotonic() + 5
    left = [behind, before] if ROOT else []
    while any(running(command) for command in left):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_pid_namespace_needs_root() -> None:
    assert "unshare" in enclosure(root=True)
    assert "unshare" not in enclosure(root=False)
    assert enclosure(root=False)[:3] == ["setpriv", "--pdeathsig", "KILL"]
