"""One run of a function, from the event to its outcome, in a process of its own.

function, event → folders, environment → Runtime API → cell → wait (answer | exit | timeout | memory) → end the cell
→ last log lines → Outcome. Nothing of the run is left behind.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from local.context import AccessDenied, Credentials, Identity
from local.functions import memory, outcome
from local.functions.environment import environment
from local.functions.errors import RoleNotAssumable
from local.functions.function import Function
from local.functions.logs import LogStream
from local.functions.outcome import Outcome
from local.functions.packages import Packages
from local.functions.runtime_api import Event, Exchange, RuntimeApi
from local.functions.runtimes import Runtime, runtime_of
from local.settings import Home

CELL = Path(__file__).parent / "cell.py"
# Lambda's own user and group ids of functions, which own nothing on a Debian machine.
USER, GROUP = 993, 990
INIT_SECONDS = 10  # Lambda's limit for loading the code, before the function's own timeout counts
LOOK_SECONDS = 0.25  # how often the memory of a run is looked at
MEGABYTE = 1024 * 1024


@dataclass
class Course:
    """What is known of a run while it goes."""

    started: float
    peak: int = 0  # bytes


@dataclass(frozen=True)
class Outlook:
    """What functions see of the world outside otherwise than the machine does; asked for before each run."""

    binds: Callable[[], list[tuple[str, str]]]  # (file of the machine, where a function finds it)
    variables: Callable[[], dict[str, str]]  # a function's own win over these


NOTHING = Outlook(list, dict)


class Runner:
    """Runs functions of one home."""

    def __init__(self, home: Home, identity: Identity, outlook: Outlook) -> None:
        self._home = home
        self._outlook = outlook
        self._identity = identity
        self._packages = Packages(home.work / "functions")
        self._root = home.work / "functions" / "root"

    def run(self, function: Function, payload: bytes, request_id: str) -> Outcome:
        """InvokeError when it cannot start; whatever the function does is an Outcome."""
        runtime = runtime_of(function.runtime)
        credentials = self._credentials(function)
        stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{os.urandom(16).hex()}"
        folders = [
            (str(self._packages.code(function.code)), "/var/task"),
            (str(self._packages.layers(function.layers)), "/opt"),
            *self._outlook.binds(),
        ]
        log = LogStream(self._identity.session(credentials, function.region), function.log_group, stream)
        try:
            with RuntimeApi(Event(request_id, function.arn, payload, function.timeout)) as api:
                values = environment(self._home, function, credentials, api.address, stream)
                values = {**self._outlook.variables(), **values}
                plan = self._plan(function, runtime, folders, values)
                ended = self._process(function, plan, api.exchange, log, request_id)
        finally:
            log.close()
        return replace(ended, log_tail=log.tail)

    def _credentials(self, function: Function) -> Credentials:
        try:
            return self._identity.assume_as_service(function.role, "lambda.amazonaws.com", function.name)
        except AccessDenied as error:
            message = f"The role defined for the function cannot be assumed by Lambda. ({error})"
            raise RoleNotAssumable(message) from error

    def _plan(
        self, function: Function, runtime: Runtime, folders: list[tuple[str, str]], values: dict[str, str]
    ) -> dict[str, object]:
        self._root.mkdir(parents=True, exist_ok=True)
        return {
            "root": str(self._root),
            "binds": [*folders, *runtime.binds],
            "tmp_megabytes": function.storage,
            "uid": USER,
            "gid": GROUP,
            "folder": "/var/task",
            "argv": list(runtime.argv),
            "environment": values,
        }

    def _process(
        self, function: Function, plan: dict[str, object], exchange: Exchange, log: LogStream, request_id: str
    ) -> Outcome:
        course = Course(time.monotonic())
        log.write(f"START RequestId: {request_id} Version: {function.version}")
        process = subprocess.Popen(
            [_interpreter(), "-I", "-S", str(CELL)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,
        )
        reader = threading.Thread(target=_copy_lines, args=(process, log), daemon=True)
        reader.start()
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(plan).encode())
            process.stdin.close()
            ended = self._wait(function, process, exchange, course, request_id)
        finally:
            course.peak = max(course.peak, memory.tree_bytes(process.pid))
            _end(process)
        reader.join()
        _report(function, exchange, course, log, request_id, ended)
        return ended

    def _wait(
        self,
        function: Function,
        process: "subprocess.Popen[bytes]",
        exchange: Exchange,
        course: Course,
        request_id: str,
    ) -> Outcome:
        watch = threading.Thread(target=_announce_exit, args=(process, exchange), daemon=True)
        watch.start()
        while True:
            limit = function.timeout if exchange.taken is not None else max(INIT_SECONDS, function.timeout)
            left = (exchange.taken or course.started) + limit - time.monotonic()
            if left <= 0:
                return outcome.timed_out(request_id, function.timeout)
            exchange.changed.wait(min(left, LOOK_SECONDS))
            exchange.changed.clear()
            if exchange.done and exchange.answer is not None:
                return _answered(exchange, request_id)
            if process.poll() is not None:
                return (
                    _answered(exchange, request_id)
                    if exchange.answer
                    else outcome.exited(request_id, process.returncode)
                )
            course.peak = max(course.peak, memory.tree_bytes(process.pid))
            if course.peak > function.memory * MEGABYTE:
                return outcome.out_of_memory(request_id)


def _announce_exit(process: "subprocess.Popen[bytes]", exchange: Exchange) -> None:
    process.wait()
    exchange.changed.set()


def _answered(exchange: Exchange, request_id: str) -> Outcome:
    answer = exchange.answer or b"null"
    if exchange.failed:
        return Outcome(answer, "Unhandled")
    if len(answer) > outcome.LARGEST_ANSWER:
        message = f"Response payload size exceeded maximum allowed payload size ({outcome.LARGEST_ANSWER} bytes)."
        return outcome.failure("Function.ResponseSizeTooLarge", request_id, message)
    return Outcome(answer)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """The cell's pid 1 dies with the cell, and the kernel ends whatever else runs inside."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _copy_lines(process: "subprocess.Popen[bytes]", log: LogStream) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            log.write(line.decode("utf-8", "replace").rstrip("\n"))


def _report(
    function: Function, exchange: Exchange, course: Course, log: LogStream, request_id: str, ended: Outcome
) -> None:
    now = time.monotonic()
    duration = (now - (exchange.taken or now)) * 1000
    init = ((exchange.taken or now) - course.started) * 1000
    if ended.error and not exchange.failed:
        log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {request_id} {_message(ended)}")
    log.write(f"END RequestId: {request_id}")
    figures = {
        "Duration": f"{duration:.2f} ms",
        "Billed Duration": f"{int(duration + init) + 1} ms",
        "Memory Size": f"{function.memory} MB",
        "Max Memory Used": f"{course.peak // MEGABYTE} MB",
        "Init Duration": f"{init:.2f} ms",
    }
    log.write("\t".join([f"REPORT RequestId: {request_id}", *(f"{name}: {value}" for name, value in figures.items())]))


def _message(ended: Outcome) -> str:
    """What went wrong, less the request's id that the line begins with."""
    return str(json.loads(ended.payload)["errorMessage"]).partition(" Error: ")[2]


def _interpreter() -> str:
    """The base interpreter: the cell needs nothing of the project's environment."""
    return str(getattr(sys, "_base_executable", sys.executable))
