"""The walls around one run of a function: `python -I -S cell.py`, the plan as JSON on standard input.

Plan → mounts, processes and IPC of its own → a root of read-only folders and a fresh /tmp → fork → without root's
rights → the runtime. A program of its own with nothing but the standard library: it starts in milliseconds, and
dies with the thread that started it, and everything inside with it.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID = 0x00020000, 0x08000000, 0x20000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x1, 0x2, 0x4, 0x1000, 0x4000, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SYS_MOUNT_SETATTR, SYS_PIVOT_ROOT = 442, 155  # x86-64
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
# What of the machine a function sees besides its own folders: its programs and libraries, not its data.
SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc")
TMP = "/tmp"  # noqa: S108  of the cell: a fresh one for every run
DEVICES = ("null", "zero", "full", "random", "urandom")

libc = ctypes.CDLL(None, use_errno=True)


class MountAttributes(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def main() -> int:
    """The runtime's exit status, or 128 + the signal that ended it."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    plan = json.load(sys.stdin)
    checked(libc.unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    build_root(plan["root"], plan["binds"], plan["tmp_megabytes"])
    child = os.fork()
    if child == 0:
        try:
            enter(plan)
        finally:
            os._exit(127)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def build_root(root: str, binds: list[list[str]], tmp_megabytes: int) -> None:
    """A tmpfs with the system's folders and the function's own, all read-only but /tmp."""
    mount("tmpfs", root, "tmpfs", MS_NOSUID, "size=1m,mode=755")
    for name in SYSTEM:
        source, target = f"/{name}", f"{root}/{name}"
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif os.path.isdir(source):
            bind(source, target)
    os.mkdir(f"{root}/dev")
    for name in DEVICES:
        bind(f"/dev/{name}", f"{root}/dev/{name}")
    os.symlink("/proc/self/fd", f"{root}/dev/fd")
    resolver = os.path.realpath("/etc/resolv.conf")
    if not resolver.startswith("/etc/") and os.path.exists(resolver):
        bind(resolver, root + resolver)
    for source, target in binds:
        bind(source, root + target)
    for name in ("proc", TMP.strip("/")):
        os.mkdir(f"{root}/{name}")
    read_only(root)
    mount("tmpfs", root + TMP, "tmpfs", MS_NOSUID | MS_NODEV, f"size={tmp_megabytes}m,mode=1777")


def enter(plan: dict[str, Any]) -> None:
    """As pid 1 inside: the new root, no rights, and the runtime in this process's place."""
    mount("proc", f"{plan['root']}/proc", "proc")
    os.chdir(plan["root"])
    checked(libc.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
    checked(libc.umount2(b".", MNT_DETACH), "leave the machine's root")  # which now lies over the new one
    os.chdir("/")
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.setgroups([])
    os.setresgid(plan["gid"], plan["gid"], plan["gid"])
    os.setresuid(plan["uid"], plan["uid"], plan["uid"])
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user cleared it
    os.umask(0o022)
    os.chdir(plan["folder"])
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])  # noqa: S606  there is no shell here


def bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, flags=MS_BIND | MS_REC)


def read_only(path: str) -> None:
    attributes = MountAttributes(attr_set=MS_RDONLY)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    result = libc.syscall(
        SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), ctypes.c_uint(AT_RECURSIVE), ctypes.byref(attributes), size
    )
    checked(result, f"make {path} read-only")


def mount(source: str, target: str, kind: str = "none", flags: int = 0, options: str = "") -> None:
    result = libc.mount(source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    checked(result, f"mount {source} on {target}")


def checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main())
