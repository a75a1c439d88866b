"""Control groups in a root of our own: version 1, version 2, and both side by side.

Outside: `create` makes the group in every hierarchy, `remove` takes it away with all that grew in it.
Inside: `enter` moves the caller in and makes the group look like the root of all, so that what runs there
can neither see nor leave anything outside it.
"""

import os
import time
from pathlib import Path

from local.sandbox import linux

ROOT = Path("/sys/fs/cgroup")
PREFIX = "shipline-"


def hierarchies(mounts: str) -> list[tuple[Path, str, str]]:
    """Mount point, file system and controllers of each hierarchy that /proc/self/mounts tells of."""
    found = []
    for line in mounts.splitlines():
        _, target, kind, options = line.split()[:4]
        if kind in ("cgroup", "cgroup2") and target.startswith(str(ROOT)):
            found.append((Path(target), kind, options))
    return found


def mounted() -> list[tuple[Path, str, str]]:
    return hierarchies(Path("/proc/self/mounts").read_text())


def create(name: str) -> None:
    for path, kind, options in mounted():
        group = path / name
        group.mkdir(exist_ok=True)
        if kind == "cgroup" and "cpuset" in options.split(","):
            _inherit_cpuset(path, group)


def remove(name: str) -> None:
    """Take the group away in every hierarchy; its processes must have been told to die before."""
    for path, _, _ in mounted():
        _remove_tree(path / name)


def enter(name: str) -> None:
    """Move this process into the group, and show it as the root of all hierarchies from here on."""
    found = mounted()
    for path, kind, _ in found:
        member = path / name if kind == "cgroup" else _leaf(path / name)
        (member / "cgroup.procs").write_text("0")
    # The namespace's root is where the process stands now: for version 2 that must be the group, not its leaf.
    for path, kind, _ in found:
        if kind == "cgroup2":
            (path / name / "cgroup.procs").write_text("0")
    linux.unshare(linux.CLONE_NEWCGROUP)
    for path, kind, options in reversed(found):
        linux.unmount(str(path))
        linux.mount("cgroup", str(path), kind, options=_controllers(kind, options))
        if kind == "cgroup2":
            _hand_out_controllers(path)


def _leaf(group: Path) -> Path:
    leaf = group / "init"
    leaf.mkdir(exist_ok=True)
    return leaf


def _hand_out_controllers(root: Path) -> None:
    """Version 2 gives controllers to children only of a group that has no process itself."""
    (root / "init" / "cgroup.procs").write_text("0")
    for controller in (root / "cgroup.controllers").read_text().split():
        (root / "cgroup.subtree_control").write_text(f"+{controller}")


def _controllers(kind: str, options: str) -> str:
    """The mount options that name the hierarchy: its controllers, or its name."""
    flags = {"rw", "ro", "relatime", "noatime", "nosuid", "nodev", "noexec"}
    return "" if kind == "cgroup2" else ",".join(each for each in options.split(",") if each not in flags)


def _inherit_cpuset(parent: Path, group: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (group / name).read_text().strip():
            (group / name).write_text((parent / name).read_text())


def _remove_tree(group: Path) -> None:
    if not group.exists():
        return
    for child in sorted(path for path in group.iterdir() if path.is_dir()):
        _remove_tree(child)
    deadline = time.monotonic() + 10
    while True:
        try:
            os.rmdir(group)
            return
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)  # its last process is being reaped
