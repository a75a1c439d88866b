"""The node alone, in a home of its own: it comes up, is restarted, killed, and leaves nothing."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.kubernetes.api import Api
from local.kubernetes.layout import BRIDGE_IP, KUBERNETES_SERVICE_IP
from local.kubernetes.node import Node, NodeFailed
from local.processes import descendants
from local.sandbox import cgroups
from local.settings import CHECKOUT, Home

# One A question to a name server; the last four bytes of its answer are the address.
ASK_DNS = """
import socket, struct, sys
name = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[2].split(".")) + b"\\0"
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(5)
asking.sendto(struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1), (sys.argv[1], 53))
answer = asking.recv(512)
assert answer[3] & 15 == 0, f"rcode {answer[3] & 15}"
print(socket.inet_ntoa(answer[-4:]))
"""
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
def home() -> Iterator[Home]:
    root = Path(tempfile.mkdtemp(prefix="shipline-"))
    try:
        yield made(Home.open({**os.environ, "SHIPLINE_HOME": str(root)}))
    finally:
        shutil.rmtree(root)


@pytest.fixture
def node(home: Home) -> Iterator[Node]:
    running = Node(home)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def made(home: Home) -> Home:
    for folder in (home.run, home.logs, home.node):
        folder.mkdir(parents=True, exist_ok=True)
    return home


def api(home: Home) -> Api:
    return Api(home.addresses.kube_port, home.kube_ca.parent)


def alive(family: list[int]) -> list[int]:
    return [pid for pid in family if Path(f"/proc/{pid}").exists()]


def program(node: Node, name: str) -> int:
    """The pid of a program of the node: unlike a test's own control plane it is in a namespace of its own."""
    ours = os.readlink("/proc/self/ns/pid")
    for pid in descendants(os.getpid()):
        if os.readlink(f"/proc/{pid}/ns/pid") == ours:
            continue
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
        if Path(command).name == name:
            return pid
    raise AssertionError(f"{name} does not run")


def own_groups(home: Home) -> list[Path]:
    prefix = Node(home).control_group
    return [path / prefix for path, _, _ in cgroups.mounted() if (path / prefix).exists()]


def test_cluster_dns_answers_from_the_moment_that_the_node_is_ready(home: Home, node: Node) -> None:
    inside = ["nsenter", "--target", str(program(node, "coredns")), "--net", "--"]
    script = [sys.executable, "-c", ASK_DNS, BRIDGE_IP, "kubernetes.default.svc.cluster.local"]
    done = subprocess.run([*inside, *script], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout.strip() == KUBERNETES_SERVICE_IP, done.stderr


def test_the_node_is_ready_and_tells_what_it_costs(home: Home, node: Node) -> None:
    status = node.status()

    assert status["running"]
    assert status["failure"] is None
    assert 0 < status["took"] < 60
    assert status["memory"] > 100 * 1024 * 1024
    found = api(home).get("/api/v1/nodes/node")
    assert found is not None
    assert found["status"]["nodeInfo"]["kubeletVersion"].startswith("v1.36.")


def test_a_restart_keeps_the_objects(home: Home) -> None:
    first = Node(home)
    first.start()
    try:
        api(home).create(CONFIG_MAPS, {"metadata": {"name": "kept"}, "data": {"answer": "42"}})
    finally:
        first.stop()
    second = Node(home)
    second.start()
    try:
        kept = api(home).get(f"{CONFIG_MAPS}/kept")
    finally:
        second.stop()

    assert kept is not None
    assert kept["data"] == {"answer": "42"}


def test_stopping_leaves_no_process_mount_group_or_listener(home: Home) -> None:
    mounts = Path("/proc/self/mountinfo").read_text()
    others = set(descendants(os.getpid()))  # of tests before this one
    node = Node(home)
    node.start()
    assert own_groups(home)
    family = [pid for pid in descendants(os.getpid()) if pid not in others]
    assert len(family) > 8

    node.stop()

    assert alive(family) == []
    assert own_groups(home) == []
    assert Path("/proc/self/mountinfo").read_text() == mounts
    assert list(home.run.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        api(home).get("/version")


def test_a_killed_machine_leaves_nothing_running(home: Home) -> None:
    lines = "from local.settings import Home; from local.kubernetes.node import Node; import time; "
    lines += "n = Node(Home.open()); n.start(); print('up', flush=True); time.sleep(600)"
    environ = {**os.environ, "SHIPLINE_HOME": str(home.root)}
    with subprocess.Popen([sys.executable, "-c", lines], cwd=CHECKOUT, env=environ, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        family = list(descendants(process.pid))
        assert len(family) > 8

        process.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while alive(family) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(family) == []
    Node(home).stop()
    assert own_groups(home) == []


def test_a_component_that_dies_ends_the_node_and_is_named_with_its_last_lines(home: Home, node: Node) -> None:
    os.kill(program(node, "etcd"), signal.SIGKILL)

    deadline = time.monotonic() + 10
    while node.status()["running"] and time.monotonic() < deadline:
        time.sleep(0.05)

    failure = node.status()["failure"]
    assert failure is not None
    assert failure.startswith("etcd was ended by signal 9")
    assert "etcd.log" in failure


def test_the_kubelet_sees_neither_the_clusters_keys_nor_the_home(home: Home, node: Node) -> None:
    seen = Path(f"/proc/{program(node, 'kubelet')}/root")

    assert list((seen / "run/shipline/state").iterdir()) == []
    assert list((seen / str(home.root).lstrip("/")).iterdir()) == []
    assert (home.kube_ca.parent / "admin.key").stat().st_mode & 0o077 == 0


def test_a_port_in_use_is_named(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", home.addresses.kube_port))
        taken.listen()
        with pytest.raises(NodeFailed, match=f"127.0.0.1:{home.addresses.kube_port} cannot be served"):
            Node(home).start()

    assert own_groups(home) == []
