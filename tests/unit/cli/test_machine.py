"""The machine's process, with a stand-in for it: what is asked for is a pid file, a status and an end."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.machine import answers, identities, is_same, leftovers, now_starting, running_pid, shut_down
from cli.verbs.status import part_row
from tests.unit.cli.fakes import Screen

# A program called as the machine is: `python -m local`, in a folder with a package of that name.
OBEDIENT = (
    "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: exit())\nprint('up', flush=True)\ntime.sleep(60)"
)


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(environ={"SHIPLINE_HOME": str(tmp_path / "home")})


@pytest.fixture
def machine(screen: Screen, tmp_path: Path):
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "__main__.py").write_text(OBEDIENT)
    process = subprocess.Popen([sys.executable, "-m", "local"], cwd=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    screen.world.home.run.mkdir(parents=True)
    (screen.world.home.run / "machine.pid").write_text(f"{process.pid}\n")
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_machine_that_does_not_run_is_no_trouble(screen):
    assert running_pid(screen.world.home) is None
    assert shut_down(screen.world).was_running is False


def test_stale_pid_file_is_not_taken_for_the_machine(screen):
    screen.world.home.run.mkdir(parents=True)
    (screen.world.home.run / "machine.pid").write_text(f"{os.getpid()}\n")
    assert running_pid(screen.world.home) is None


def test_machine_ends_when_it_is_asked_to(screen, machine):
    assert running_pid(screen.world.home) == machine.pid
    stopped = shut_down(screen.world)
    assert (stopped.was_running, stopped.forced, stopped.left) == (True, False, ())
    assert running_pid(screen.world.home) is None


def test_process_that_ended_is_not_the_one_that_has_its_pid_now(machine):
    (member,) = identities([machine.pid])
    assert is_same(member)
    assert not is_same((member[0], "0"))
    machine.kill()
    deadline = time.monotonic() + 5
    while is_same(member) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_same(member)


def test_listener_that_stays_is_named(screen):
    with socket.create_server(("127.0.0.1", screen.world.home.addresses.aws_port)):
        assert answers("127.0.0.1", screen.world.home.addresses.aws_port)
        assert leftovers(screen.world.home, ()) == [f"listener 127.0.0.1:{screen.world.home.addresses.aws_port}"]


def test_progress_names_what_is_starting():
    parts = [
        {"name": "aws", "state": "ready"},
        {"name": "node", "state": "starting"},
        {"name": "x", "state": "waiting"},
    ]
    assert now_starting(parts) == "node starting"


def test_part_is_shown_with_what_is_known_of_it():
    row = part_row(
        {"name": "node", "state": "ready", "since": time.time() - 61, "took": 4.2, "pid": 7, "rss": 5_000_000}
    )
    assert row == ("node", "ready", "for 1 min 01 s", "took 4.2 s", "pid 7 5 MB")
    assert part_row({"name": "aws", "state": "failed", "detail": "port taken"}) == (
        "aws",
        "failed",
        "",
        "",
        "port taken",
    )
