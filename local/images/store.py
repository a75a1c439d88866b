"""The registry's bytes: Debian's docker-registry, on a Unix socket that only the front knows."""

import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import IO

from local.settings import Home

SOCKET = "registry.sock"
CONFIG = """version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: "{root}"}}
  delete: {{enabled: false}}
  cache: {{blobdescriptor: inmemory}}
  maintenance: {{uploadpurging: {{enabled: true, age: 24h, interval: 24h, dryrun: false}}}}
http: {{net: unix, addr: {socket}, relativeurls: true, secret: "{secret}"}}
"""


class StoreFailed(Exception):
    """docker-registry did not come up."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, folder: Path) -> None:
        super().__init__("registry", timeout=300)
        self._folder = folder

    def connect(self) -> None:
        # By the folder's handle, since a socket's path may have no more than 107 bytes.
        handle = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(f"/proc/self/fd/{handle}/{SOCKET}")
        finally:
            os.close(handle)


class Store:
    def __init__(self, home: Home) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, secret: str) -> None:
        """To be called from a thread that lives as long as the store. `secret` signs the state of uploads."""
        root = self._home.node / "registry"
        root.mkdir(parents=True, exist_ok=True)
        (self._home.run / SOCKET).unlink(missing_ok=True)
        config = root / "config.yml"
        config.touch(mode=0o600)
        config.write_text(CONFIG.format(root=root, socket=SOCKET, secret=secret))
        program = shutil.which("docker-registry") or "/usr/bin/docker-registry"
        log = self._home.logs / "registry.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", program, "serve", str(config)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._home.run,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OTEL_TRACES_EXPORTER": "none"},
                start_new_session=True,
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise StoreFailed(f"docker-registry does not answer: {log}\n{log.read_text(errors='replace')[-1500:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        (self._home.run / SOCKET).unlink(missing_ok=True)

    def request(
        self, method: str, target: str, headers: dict[str, str], body: IO[bytes] | bytes | None
    ) -> http.client.HTTPResponse:
        """The store's answer, its body still to be read; it closes its connection when it is closed."""
        connection = _Connection(self._home.run)
        connection.request(method, target, body, headers)
        return connection.getresponse()

    def keep(self, repository: str, manifest: bytes, media_type: str) -> bool:
        """Whether it is there now: what names blobs or manifests that are not, is not taken."""
        target = f"/v2/{repository}/manifests/sha256:{hashlib.sha256(manifest).hexdigest()}"
        headers = {"Content-Type": media_type, "Content-Length": str(len(manifest))}
        with self.request("PUT", target, headers, manifest) as response:
            return response.status == http.client.CREATED

    def _answers(self) -> bool:
        try:
            with self.request("GET", "/v2/", {}, None) as response:
                return response.status == 200
        except OSError:
            return False
