from pathlib import Path

from local.sandbox.cgroups import hierarchies

HYBRID = """\
proc /proc proc rw,nosuid 0 0
tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,relatime,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
cgroup /elsewhere/cpuset cgroup rw,relatime,cpuset 0 0
"""
UNIFIED = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0\n"


def test_a_hybrid_machine_has_a_hierarchy_per_controller() -> None:
    assert hierarchies(HYBRID) == [
        (Path("/sys/fs/cgroup/cpuset"), "cgroup", "rw,relatime,cpuset"),
        (Path("/sys/fs/cgroup/systemd"), "cgroup", "rw,relatime,name=systemd"),
        (Path("/sys/fs/cgroup/unified"), "cgroup2", "rw,relatime"),
    ]


def test_a_unified_machine_has_one() -> None:
    assert [path for path, _, _ in hierarchies(UNIFIED)] == [Path("/sys/fs/cgroup")]
