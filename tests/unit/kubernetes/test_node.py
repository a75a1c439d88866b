import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from local.kubernetes.node import Node, NodeFailed, ready, write_files
from local.settings import Addresses, Home

NOW = datetime.datetime(2026, 6, 1, 12, 0, 0, 500_000, tzinfo=datetime.UTC)


def make_home(root: Path) -> Home:
    return Home(root / "home", root / "cache", Addresses(4566, 6443, "127.40.2.1", "AKIA", "secret"))


def node_with(kind: str, status: str, heartbeat: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": kind, "status": status, "lastHeartbeatTime": heartbeat}]}}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (None, False),
        ({"status": {}}, False),
        (node_with("Ready", "True", "2026-06-01T12:00:00Z"), True),
        (node_with("Ready", "True", "2026-06-01T11:59:59Z"), False),  # an earlier run's word
        (node_with("Ready", "False", "2026-06-01T12:00:01Z"), False),
        (node_with("DiskPressure", "True", "2026-06-01T12:00:01Z"), False),
    ],
)
def test_ready_is_what_the_kubelet_said_since_the_start(node: dict[str, Any] | None, expected: bool) -> None:
    assert ready(node, NOW) is expected


def test_the_administrators_kubeconfig_is_secret_and_whole(tmp_path: Path) -> None:
    home = make_home(tmp_path)

    write_files(home)

    config = json.loads(home.kubeconfig.read_text())
    assert config["clusters"][0]["cluster"]["server"] == home.kube_url
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert home.kubeconfig.stat().st_mode & 0o077 == 0


def test_what_pods_could_mount_holds_no_administrators_credential(tmp_path: Path) -> None:
    home = make_home(tmp_path)

    write_files(home)

    shared = {path.name for path in (home.node / "shared").iterdir() if path.suffix == ".kubeconfig"}
    assert shared == {"kubelet.kubeconfig", "kube-proxy.kubeconfig", "coredns.kubeconfig"}


def test_a_home_in_run_is_refused(tmp_path: Path) -> None:
    home = Home(Path("/run/shipline-home"), tmp_path, Addresses(4566, 6443, "127.40.2.1", "AKIA", "secret"))

    with pytest.raises(NodeFailed, match="choose another folder"):
        Node(home).start()
