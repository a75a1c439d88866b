"""A sandbox from outside: started, watched and ended as one thing."""

import hashlib
import json
import logging
import os
import queue
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from local.processes import tree_memory
from local.sandbox import cgroups, slirp
from local.sandbox.plan import Plan, to_json
from local.settings import CHECKOUT

log = logging.getLogger("local.sandbox")


class SandboxFailed(Exception):
    """It did not come up, or ended on its own; the message names the program and shows its last lines."""


class Sandbox:
    """`folder` is for its sockets and its plan; `identity` makes its control group's name unique on the machine."""

    def __init__(self, name: str, folder: Path, logs: Path, identity: Path) -> None:
        self.name = name
        self._folder = folder
        self._logs = logs
        self.control_group = f"{cgroups.PREFIX}{hashlib.sha256(str(identity).encode()).hexdigest()[:8]}-{name}"
        self._unshare: subprocess.Popen[bytes] | None = None
        self._slirp: subprocess.Popen[bytes] | None = None
        self._init_pid = 0
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ending = False
        self.failure: str | None = None

    def launch(self, plan: Plan) -> None:
        """Returns when its pid 1 runs the steps. To be called from a thread that lives as long as the sandbox."""
        self.clean()
        self._ending, self.failure = False, None
        self._events = queue.Queue()
        with self._undone():
            self._launch(plan)

    def wait(self, seconds: float = 120) -> None:
        """Returns when every step is done. From any thread."""
        with self._undone():
            self._await_ready(seconds)

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """What did not come up leaves nothing."""
        try:
            yield
        except (SandboxFailed, slirp.SlirpFailed, OSError) as error:
            self.stop()
            raise SandboxFailed(f"{self.name}: {error}") from error

    def stop(self) -> None:
        """End every process and take away what is left; may be called twice, or without a start."""
        self._ending = True
        self._end_init()
        for process in (self._unshare, self._slirp):
            if process is not None:
                process.kill()
                process.wait()
        self._unshare = self._slirp = None
        self._init_pid = 0
        self.clean()

    def clean(self) -> None:
        """Take away what a killed machine could not: empty control groups, sockets."""
        cgroups.remove(self.control_group)
        for name in ("slirp.sock", "plan.json"):
            (self._folder / name).unlink(missing_ok=True)

    @property
    def running(self) -> bool:
        return self._unshare is not None and self.failure is None and self._unshare.poll() is None

    @property
    def memory(self) -> int:
        """Resident bytes of all that runs in it."""
        return sum(tree_memory(each.pid) for each in (self._unshare, self._slirp) if each is not None)

    @property
    def pid(self) -> int:
        """Its pid 1 as the machine sees it."""
        return self._init_pid

    def _launch(self, plan: Plan) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        cgroups.create(self.control_group)
        plan_file = self._folder / "plan.json"
        plan_file.touch(mode=0o600)
        plan_file.write_text(to_json(plan, self.control_group))
        argv = ["setpriv", "--pdeathsig", "KILL", "--", "unshare", "--net", "--mount", "--pid", "--uts", "--ipc"]
        argv += ["--fork", "--kill-child=KILL", "--mount-proc", "--propagation", "private", "--"]
        argv += [sys.executable, "-m", "local.sandbox.init", str(plan_file)]
        with (self._logs / f"{self.name}-init.log").open("wb") as errors:
            self._unshare = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", **plan.environ},
                cwd=CHECKOUT,
                start_new_session=True,
            )
        assert self._unshare.stdout is not None
        threading.Thread(
            target=self._listen, args=(self._unshare.stdout, self._events), name=f"{self.name}-events", daemon=True
        ).start()
        self._init_pid = self._find_init()
        self._slirp = slirp.start(self._init_pid, self._folder, self._logs / f"{self.name}-slirp.log")
        for port in plan.forwards:
            slirp.forward(self._folder, port)

    def _find_init(self) -> int:
        """The one child of `unshare`, once it is there."""
        assert self._unshare is not None
        parent = self._unshare.pid
        children = Path(f"/proc/{parent}/task/{parent}/children")
        while self._unshare.poll() is None:
            if found := children.read_text().split():
                return int(found[0])
            select.select([], [], [], 0.002)
        log = (self._logs / f"{self.name}-init.log").read_text(errors="replace").strip()
        raise SandboxFailed(f"unshare ended with status {self._unshare.returncode}: {log}")

    def _await_ready(self, seconds: float) -> None:
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            raise SandboxFailed(f"not ready after {seconds:.0f} s: its logs are in {self._logs}") from None
        if event["event"] != "ready":
            raise SandboxFailed(f"{event['component']} {event['message']}")

    def _listen(self, lines: IO[bytes], events: "queue.Queue[dict[str, Any]]") -> None:
        """What init tells, until its end; an end that nobody asked for is a failure that `status` shows."""
        with lines:
            for line in lines:
                event = json.loads(line)
                if event["event"] == "failed":
                    self.failure = f"{event['component']} {event['message']}"
                events.put(event)
        if not self._ending:
            self.failure = self.failure or f"killed; {self._logs}/{self.name}-init.log may say why"
            log.error("the %s sandbox ended: %s", self.name, self.failure)
        events.put({"event": "failed", "component": self.name, "message": self.failure or "ended"})

    def _end_init(self) -> None:
        """SIGKILL to pid 1, and wait until the kernel has ended and reaped the whole namespace."""
        if not self._init_pid:
            return
        try:
            handle = os.pidfd_open(self._init_pid)
        except ProcessLookupError:
            return
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], 30)
        except ProcessLookupError:
            return
        finally:
            os.close(handle)
