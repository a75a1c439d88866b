"""Child processes: helm and kubectl, as argv lists with an environment of their own. Nothing else starts any."""

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

TIMEOUT = 40.0
LARGEST = 64 * 1024 * 1024
LARGEST_COMPLAINT = 64 * 1024
CHUNK = 1024 * 1024

# Where helm and kubectl come from, for one that is missing or too old.
WHENCE = (
    "A pipeline's function has it from its kubectl layer: `cdk deploy --all`. "
    "At a desk it is the PATH's: install it there, or run `make install` where Shipline is checked out."
)

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
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as said:
            source.write(stdin)
            source.seek(0)
            try:
                child = subprocess.Popen(
                    list(argv), stdin=source, stdout=subprocess.PIPE, stderr=said, env=environ, cwd=home
                )
            except FileNotFoundError as error:
                raise ToolFailed(127, f"{Path(argv[0]).name} is not there. {WHENCE}") from error
            code, written = _read(child, Path(argv[0]).name, timeout)
            said.seek(0)
            complaint = said.read(LARGEST_COMPLAINT).decode(errors="replace").strip()
    if code:
        raise ToolFailed(code, complaint)
    return written


def _read(child: subprocess.Popen[bytes], name: str, timeout: float) -> tuple[int, bytes]:
    """The exit code and stdout; a child that takes too long or writes too much is killed while it does."""
    late = threading.Event()

    def give_up() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(timeout, give_up)
    timer.start()
    parts, size = [], 0
    try:
        with child:
            assert child.stdout is not None
            while part := child.stdout.read(CHUNK):
                parts.append(part)
                size += len(part)
                if size > LARGEST:
                    child.kill()
                    raise ToolFailed(1, f"{name} wrote more than {LARGEST // 2**20} MiB")
    finally:
        timer.cancel()
    if late.is_set():
        raise ToolFailed(124, f"{name} did not end within {timeout:.0f} s")
    return child.returncode, b"".join(parts)
