"""What a sandbox does when it comes up: steps as frozen data, which cross to its pid 1 as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Mount:
    """A fresh file system, such as tmpfs; the target is made when it is not there."""

    kind: str
    target: str
    options: str = ""


@dataclass(frozen=True)
class Bind:
    """A folder or file shown at another path, which must be there unless it is a folder to make."""

    source: str
    target: str


@dataclass(frozen=True)
class Write:
    """A file inside: for those below a private mount. `mode` is octal."""

    path: str
    text: str
    mode: int = 0o644


@dataclass(frozen=True)
class Run:
    """A command that must end well before the next step."""

    argv: tuple[str, ...]


@dataclass(frozen=True)
class Start:
    """A long-lived program. When it ends, the sandbox ends, and its last log lines are the reason.

    `apart`: it keeps the mounts of this moment, so that later steps can hide its secrets from the others.
    """

    name: str
    argv: tuple[str, ...]
    log: str
    environ: dict[str, str] = field(default_factory=dict)
    apart: bool = False


@dataclass(frozen=True)
class Await:
    """Wait until an HTTPS URL (checked against `ca`) answers 200; `component` is who serves it."""

    component: str
    url: str
    ca: str
    seconds: float = 60


@dataclass(frozen=True)
class Listening:
    """Wait until a Unix socket takes connections."""

    component: str
    socket: str
    seconds: float = 30


Step = Mount | Bind | Write | Run | Start | Await | Listening
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in (Mount, Bind, Write, Run, Start, Await, Listening)}


@dataclass(frozen=True)
class Forward:
    """A port of the machine's loopback that leads into the sandbox."""

    host_address: str
    host_port: int
    port: int


@dataclass(frozen=True)
class Plan:
    hostname: str
    steps: tuple[Step, ...]
    forwards: tuple[Forward, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)


def to_json(plan: Plan, cgroup: str) -> str:
    steps = [{"step": type(step).__name__, **asdict(step)} for step in plan.steps]
    return json.dumps({"hostname": plan.hostname, "cgroup": cgroup, "steps": steps})


def from_json(text: str) -> tuple[Plan, str]:
    """The plan and the name of its control group, as `to_json` wrote them."""
    read = json.loads(text)
    steps = tuple(_step(dict(each)) for each in read["steps"])
    return Plan(read["hostname"], steps), read["cgroup"]


def _step(fields: dict[str, Any]) -> Step:
    kind = KINDS[fields.pop("step")]
    if "argv" in fields:
        fields["argv"] = tuple(fields["argv"])
    step: Step = kind(**fields)
    return step
