"""slirp4netns: a sandbox's way out, and the ports of the machine's loopback that lead in.

Seen from inside, the machine's 127.0.0.1 is `HOST`, and names are resolved at `DNS`.
"""

import json
import os
import socket
import subprocess
from pathlib import Path

from local.sandbox.plan import Forward

HOST = "10.0.2.2"
DNS = "10.0.2.3"
INSIDE = "10.0.2.100"
DEVICE = "tap0"


class SlirpFailed(Exception):
    """slirp4netns would not start, or refused a port."""


def start(pid: int, folder: Path, log: Path) -> "subprocess.Popen[bytes]":
    """Connect the network namespace of `pid`; its API socket is `folder`/slirp.sock. Returns when it is up."""
    (folder / "slirp.sock").unlink(missing_ok=True)
    ready_read, ready_write = os.pipe()
    argv = ["setpriv", "--pdeathsig", "KILL", "--", "slirp4netns", "--configure", "--mtu=65520"]
    argv += [f"--ready-fd={ready_write}", "--api-socket=slirp.sock", str(pid), DEVICE]
    try:
        with log.open("wb") as output:
            # In `folder`, since a socket's path may have no more than 107 bytes.
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, pass_fds=[ready_write]
            )
        os.close(ready_write)
        if os.read(ready_read, 1) != b"1":
            process.wait()
            raise SlirpFailed(f"slirp4netns ended: {log.read_text(errors='replace').strip()}")
        return process
    finally:
        os.close(ready_read)


def forward(folder: Path, port: Forward) -> None:
    arguments = {
        "proto": "tcp",
        "host_addr": port.host_address,
        "host_port": port.host_port,
        "guest_addr": INSIDE,
        "guest_port": port.port,
    }
    answer = _ask(folder, {"execute": "add_hostfwd", "arguments": arguments})
    if "error" in answer:
        raise SlirpFailed(
            f"{port.host_address}:{port.host_port} cannot be served: {answer['error'].get('desc')} (is it in use?)"
        )


def _ask(folder: Path, request: dict[str, object]) -> dict[str, dict[str, str]]:
    handle = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(f"/proc/self/fd/{handle}/slirp.sock")
            connection.sendall(json.dumps(request).encode())
            connection.shutdown(socket.SHUT_WR)
            answer: dict[str, dict[str, str]] = json.loads(connection.recv(4096))
            return answer
    finally:
        os.close(handle)
