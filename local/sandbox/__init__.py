"""Programs in namespaces of their own: what runs there touches nothing of the machine, and one signal ends it all.

`Plan` (steps as data) → `Sandbox.start`: control group, `unshare`, slirp4netns → `init` (pid 1 of the sandbox)
carries the steps out in order, reaps, and tells by lines of JSON what became ready and what died.
A sandbox has its own network, mounts, pids, host name, IPC and control groups. It lives no longer than the
thread that started it: SIGKILL to that process ends every process in the sandbox, with nobody's help.
"""

from local.sandbox.plan import Await, Bind, Forward, Listening, Mount, Plan, Run, Start, Write
from local.sandbox.sandbox import Sandbox, SandboxFailed

__all__ = [
    "Await",
    "Bind",
    "Forward",
    "Listening",
    "Mount",
    "Plan",
    "Run",
    "Sandbox",
    "SandboxFailed",
    "Start",
    "Write",
]
