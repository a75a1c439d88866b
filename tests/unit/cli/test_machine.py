"""The machine's process, with a stand-in for it: what is asked for is a pid file, a status and an end."""

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

import pytest

from cli.errors import CommandError
from cli.machine import answers, machine_log, running_pid
from cli.starting import Notes, machine_environment, now_starting, refuse_taken_addresses, wait_until_ready
from cli.stopping import control_groups, identities, is_same, leftovers, shut_down
from cli.verbs.status import part_row
from local.sandbox import Sandbox
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
    address = ("127.0.0.1", screen.world.home.addresses.aws_port)
    with socket.create_server(address):
        assert answers(*address)
        assert leftovers(screen.world.home, (), [address]) == [f"listener 127.0.0.1:{address[1]}"]
        assert leftovers(screen.world.home, (), ()) == []  # another home's machine may have come to listen there


def test_groups_of_this_homes_sandboxes_are_known_by_their_names(screen, tmp_path):
    home = screen.world.home
    ours, others = (
        Sandbox("node", home.run, home.logs, root).control_group for root in (home.root, tmp_path / "other")
    )
    for name in (ours, others):
        (tmp_path / "cgroup" / name).mkdir(parents=True)
    assert control_groups(home, [tmp_path / "cgroup"]) == {ours}


def test_progress_names_what_is_starting():
    parts = [
        {"name": "aws", "state": "ready"},
        {"name": "node", "state": "starting"},
        {"name": "x", "state": "waiting"},
    ]
    assert now_starting(parts) == "node starting"


def test_part_is_shown_with_what_is_known_of_it():
    row = part_row({"name": "node", "state": "ready", "since": time.time() - 61, "took": 4.2})
    assert row == ("node", "ready", "for 1 min 01 s", "took 4.2 s", "")
    assert part_row({"name": "aws", "state": "failed", "detail": "port taken"}) == (
        "aws",
        "failed",
        "",
        "",
        "port taken",
    )


class StatusServer(http.server.BaseHTTPRequestHandler):
    """Answers as the machine does: first starting, then ready."""

    statuses: ClassVar[list[dict[str, object]]] = []

    def do_GET(self) -> None:
        body = json.dumps(self.statuses[0] if len(self.statuses) == 1 else self.statuses.pop(0)).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answering(screen: Screen, machine):
    StatusServer.statuses = [
        {"pid": machine.pid, "ready": False, "parts": [{"name": "aws", "state": "starting"}]},
        {"pid": machine.pid, "ready": True, "parts": [{"name": "aws", "state": "ready"}]},
    ]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", screen.world.home.addresses.aws_port), StatusServer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_wait_ends_when_all_parts_are_ready(screen, machine, answering):
    with screen.world.console.step("the machine") as step:
        parts = wait_until_ready(screen.world, step, machine, Notes(screen.world.home, step))
    assert parts == [{"name": "aws", "state": "ready"}]


def test_wait_ends_at_once_with_the_reason_of_a_part_that_failed(screen, machine, answering):
    parts = [
        {"name": "aws", "state": "ready"},
        {"name": "kubernetes", "state": "failed", "detail": "etcd was ended by signal 9"},
    ]
    StatusServer.statuses = [{"pid": machine.pid, "ready": False, "parts": parts}]
    began = time.monotonic()
    with (
        screen.world.console.step("the machine") as step,
        pytest.raises(CommandError, match=r"kubernetes failed: etcd was ended .*\n.*shipline down, shipline up"),
    ):
        wait_until_ready(screen.world, step, machine, Notes(screen.world.home, step))
    assert time.monotonic() - began < 10


def test_wait_ends_at_once_when_a_machine_that_ran_already_is_gone(screen):
    with (
        screen.world.console.step("the machine") as step,
        pytest.raises(CommandError, match="ended while it started"),
    ):
        wait_until_ready(screen.world, step, None, Notes(screen.world.home, step))


def test_another_homes_machine_is_not_taken_for_ours(screen, machine, answering):
    StatusServer.statuses = [{"pid": machine.pid + 1, "ready": True, "parts": []}]
    assert screen.world.machine_status() is None


def test_taken_address_is_named_before_anything_is_started(screen):
    port = screen.world.home.addresses.aws_port
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CommandError, match=rf"listens at 127.0.0.1:{port}\n.*machine.json"),
    ):
        refuse_taken_addresses(screen.world.home)


def test_machine_that_ends_while_it_starts_is_told_with_its_log(screen, tmp_path):
    home = screen.world.home
    home.logs.mkdir(parents=True)
    machine_log(home).write_text("08:00:00 cannot start: port 4566 is taken\n")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with (
        screen.world.console.step("the machine") as step,
        pytest.raises(CommandError, match=r"(?s)ended while it started.*port 4566 is taken.*shipline logs machine"),
    ):
        wait_until_ready(screen.world, step, process, Notes(home, step))


def test_what_parts_say_while_they_start_stays_on_the_screen(screen):
    home = screen.world.home
    home.logs.mkdir(parents=True)
    machine_log(home).write_text("08:00:00 images: from the last time\n")
    with screen.world.console.step("the machine") as step:
        notes = Notes(home, step)
        with machine_log(home).open("a") as log:
            log.write("08:00:01 images: starting\n08:00:02 images: making the base image\n08:00:03 images: half a li")
        notes.show()
        notes.show()
    assert [line for line in screen.text.splitlines() if "image" in line] == ["  images: making the base image"]


def test_machine_is_started_without_anybodys_credentials(tmp_path):
    environ = {"SHIPLINE_HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "x", "KUBECONFIG": "y", "LANG": "C", "PATH": "/bin"}
    given = machine_environment(Screen(environ=environ).world)
    assert set(given) == {"SHIPLINE_HOME", "SHIPLINE_CACHE", "LANG", "PATH"}
