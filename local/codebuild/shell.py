"""The build's shell: one driver process in the build's own namespaces, one shell per command.

Commands share what CodeBuild's share: variables (exported or not) and the working directory, written down by an
EXIT trap so that a command that calls `exit` loses nothing. Processes that a command leaves running go on until
the driver ends; the driver is process 1 of a PID namespace of its own where the machine allows that, and dies
with the thread that started it, so that one SIGKILL ends everything that a build ever started.
"""

import codecs
import os
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local.codebuild.buildspec import VARIABLE

# $0 is the shell for the commands, $1 the pipe that takes their exit statuses; standard input names the steps.
# The first status is the driver's own: it stands.
DRIVER = 'exec 3>"$1"; echo 0 >&3; while IFS= read -r step; do env -i "$0" "$step" </dev/null 3>&-; echo $? >&3; done'
PIECE = 65536
GRACE = 0.2  # seconds between looks at whether the build was stopped


class Stopped(Exception):
    """Somebody stopped the build."""


class TimedOut(Exception):
    """The build's time is over."""


class ShellLost(Exception):
    """The driver did not come to stand, or ended by itself."""


@dataclass(frozen=True)
class Limits:
    """When a running command is given up: at a moment of the monotonic clock, or when it is asked to stop."""

    deadline: float
    stopped: Callable[[], bool]


class Shell:
    """Use from one thread, which must live as long as the shell: the kernel kills the driver with it. `begin` first."""

    def __init__(
        self,
        folder: Path,
        directory: Path,
        variables: Mapping[str, str],
        prefix: Sequence[str],
        program: Literal["sh", "bash"] = "sh",
        *,
        carry: bool = True,
    ) -> None:
        """`folder` keeps the shell's state, `directory` is where commands begin; `carry` False isolates them."""
        self._folder = folder
        self._carry = carry
        self._directory = directory
        self._variables = dict(variables)
        folder.mkdir(parents=True, exist_ok=True)
        self._start_state()
        results = folder / "results"
        os.mkfifo(results)
        self._results = os.open(results, os.O_RDONLY | os.O_NONBLOCK)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._driver = subprocess.Popen(
            [*enclosure(), *prefix, "/bin/sh", "-c", DRIVER, f"/bin/{program}", str(results)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
            cwd=directory,
            env={"PATH": variables.get("PATH", os.defpath)},
        )
        assert self._driver.stdout is not None
        os.set_blocking(self._driver.stdout.fileno(), False)

    def begin(self, limits: Limits) -> None:
        """Returns when the driver stands in its namespaces; else all is closed, and the error has what was said."""
        said: list[str] = []
        try:
            self._wait(said.append, limits)
        except ShellLost as error:
            self.close()
            words = "".join(said).strip()
            raise ShellLost(f"{error}, before any command ran: {words or 'nothing was said'}") from None
        except (Stopped, TimedOut):
            self.close()
            raise

    def export(self, name: str, value: str) -> None:
        """Set a variable for the commands to come."""
        self._variables[name] = value
        with (self._folder / "env.sh").open("a") as state:
            state.write(_assignment(name, value))

    def run(self, command: str, output: Callable[[str], None], limits: Limits) -> int:
        """The command's exit status; Stopped or TimedOut when it was not let finish."""
        if not self._carry:
            self._start_state()
        (self._folder / "command").write_text(command + "\n")
        (self._folder / "step").write_text(self._step())
        return self._drive("step", output, limits)

    def read(self, names: Sequence[str], limits: Limits) -> dict[str, str]:
        """Those of the variables that are set, as the last command left them."""
        if not names:
            return {}
        pairs = self._ask([f'[ -z "${{{name}+x}}" ] || printf \'{name}=%s\\0\' "${name}"' for name in names], limits)
        return dict(pair.split("=", 1) for pair in pairs.split("\0") if pair)

    def expand(self, text: str, limits: Limits) -> str:
        """The text as the shell reads it between double quotes."""
        return self._ask([f'printf %s "{text}"'], limits)

    def _ask(self, lines: Sequence[str], limits: Limits) -> str:
        """What the lines print, with the variables of the last command; it changes none of them."""
        answer = self._folder / "answer"
        script = [f". {shlex.quote(str(self._folder / 'env.sh'))}", f"exec > {shlex.quote(str(answer))}", *lines]
        (self._folder / "ask").write_text("\n".join(script) + "\n")
        self._drive("ask", lambda _: None, limits)
        return answer.read_bytes().decode("utf-8", "replace")

    def kill(self) -> None:
        """End the driver and all that it started. Safe to call twice."""
        if self._driver.poll() is None:
            os.killpg(self._driver.pid, signal.SIGKILL)
            self._driver.wait()

    def close(self) -> None:
        self.kill()
        for stream in (self._driver.stdin, self._driver.stdout):
            if stream:
                stream.close()
        os.close(self._results)

    def _start_state(self) -> None:
        (self._folder / "env.sh").write_text(
            "".join(_assignment(name, value) for name, value in self._variables.items() if VARIABLE.fullmatch(name))
        )
        (self._folder / "dir").write_text(f"{self._directory}\n")

    def _step(self) -> str:
        """`.` and a trap around the command; what the trap writes is what the next command reads."""
        folder = {name: shlex.quote(str(self._folder / name)) for name in ("env.sh", "env.new", "dir", "command")}
        home = shlex.quote(str(self._directory))
        return f"""\
. {folder["env.sh"]}
cd "$(cat {folder["dir"]})" || cd {home}
_codebuild_keep() {{
  {{ set +xeu; }} 2>/dev/null
  CODEBUILD_LAST_EXIT=$1; export CODEBUILD_LAST_EXIT
  export -p > {folder["env.new"]} && mv -f {folder["env.new"]} {folder["env.sh"]}
  pwd > {folder["dir"]}
}}
trap '_codebuild_keep $?' EXIT
set -a
. {folder["command"]}
"""

    def _drive(self, step: str, output: Callable[[str], None], limits: Limits) -> int:
        assert self._driver.stdin is not None
        try:
            self._driver.stdin.write(f"{self._folder / step}\n".encode())
            self._driver.stdin.flush()
        except BrokenPipeError:
            raise ShellLost(self._why(output)) from None
        return self._wait(output, limits)

    def _wait(self, output: Callable[[str], None], limits: Limits) -> int:
        """Pass output on until the driver reports the status; whatever was written before it is read before it."""
        stdout = self._driver.stdout
        assert stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(self._results, selectors.EVENT_READ)
            while True:
                ready = [key.fd for key, _ in selector.select(GRACE)]
                if limits.stopped():
                    raise Stopped
                if time.monotonic() > limits.deadline:
                    raise TimedOut
                gone = self._driver.poll() is not None  # seen before the last look at what it left
                status = self._status() if gone or self._results in ready else b""
                self._drain(output)
                if status:
                    return int(status)
                if gone:
                    raise ShellLost(self._why(output))

    def _status(self) -> bytes:
        """What the driver has written; nothing, too, when nobody has the other end of the pipe."""
        try:
            return os.read(self._results, 100)
        except BlockingIOError:
            return b""

    def _drain(self, output: Callable[[str], None]) -> None:
        stdout = self._driver.stdout
        assert stdout is not None
        while True:
            try:
                piece = os.read(stdout.fileno(), PIECE)
            except BlockingIOError:
                return
            if not piece:
                return
            output(self._decoder.decode(piece))

    def _why(self, output: Callable[[str], None]) -> str:
        self._drain(output)
        return f"the build's shell ended by itself, status {self._driver.wait()}"


def enclosure(*, root: bool | None = None) -> list[str]:
    """What makes the driver die with its parent, and its descendants with it.

    Without root there is no PID namespace to be had; then the process group is all that is killed.
    """
    bound = ["setpriv", "--pdeathsig", "KILL", "--"]
    if not (os.geteuid() == 0 if root is None else root):
        return bound
    return [*bound, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def _assignment(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}\n"
