"""The machine's process as the command sees it: its pid file and its log. Never looks into its rooms."""

import socket
from pathlib import Path

from local.settings import Home

PID_FILE = "run/machine.pid"  # below the machine's root


def running_pid(home: Home) -> int | None:
    """The machine's pid; None when it does not run, also when a kill left its pid file behind."""
    try:
        pid = int((home.root / PID_FILE).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if command[1:3] == [b"-m", b"local"] else None


def machine_log(home: Home) -> Path:
    return home.logs / "machine.log"


def log_tail(home: Home, lines: int = 12) -> str:
    path = machine_log(home)
    last = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
    return "".join(f"\n  {line}" for line in last)


def advice(home: Home) -> str:
    return f"its log: {machine_log(home)} (shipline logs machine); then shipline down, shipline up"


def listeners(home: Home) -> list[tuple[str, int]]:
    """All addresses of the host at which this home's machine answers."""
    addresses = home.addresses
    return [
        ("127.0.0.1", addresses.aws_port),
        ("127.0.0.1", addresses.kube_port),
        (addresses.registry_ip, 443),
    ]


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
