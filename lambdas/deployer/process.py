"""Child processes: helm and kubectl, as argv lists with an environment of their own. Nothing else starts any."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 40.0
LARGEST = 64 * 1024 * 1024

# Names that must resolve nowhere: a renderer that tries the network fails at once.
_DEAD_PROXY = "http://127.0.0.1:9"


class ToolFailed(Exception):
    """The tool ended with another code than 0; `stderr` is for the user, once it was cleaned."""

    def __init__(self, code: int, stderr: str) -> None:
        super().__init__(stderr)
        self.code = code
        self.stderr = stderr


def run(argv: Sequence[str], stdin: bytes = b"", timeout: float = TIMEOUT) -> bytes:
    """What the tool writes to stdout. It sees no credential, no home, no network, and no plugin."""
    with tempfile.TemporaryDirectory(prefix="tool-") as home:
        environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "HELM_PLUGINS": str(Path(home) / "plugins"),
            "KUBECONFIG": str(Path(home) / "none"),
            "HTTP_PROXY": _DEAD_PROXY,
            "HTTPS_PROXY": _DEAD_PROXY,
            "NO_PROXY": "",
        } | {f"XDG_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        try:
            done = subprocess.run(
                list(argv), input=stdin, capture_output=True, env=environ, cwd=home, timeout=timeout, check=False
            )
        except FileNotFoundError as error:
            raise ToolFailed(127, f"{argv[0]} is not there: the function lacks its kubectl layer") from error
        except subprocess.TimeoutExpired as error:
            raise ToolFailed(124, f"{Path(argv[0]).name} did not end within {timeout:.0f} s") from error
    if done.returncode:
        raise ToolFailed(done.returncode, done.stderr.decode(errors="replace").strip())
    if len(done.stdout) > LARGEST:
        raise ToolFailed(1, f"{Path(argv[0]).name} wrote more than {LARGEST // 2**20} MiB")
    return done.stdout
