"""What a machine must be to run the node: what is missing, in words, and nothing is changed by asking."""

import os
import platform
import shutil
from pathlib import Path

NAMESPACES = ("net", "mnt", "pid", "uts", "ipc", "cgroup")
KERNEL_MODULES = ("overlay", "bridge", "veth", "tun", "nf_tables", "nf_nat", "nf_conntrack")
CAP_SYS_ADMIN = 21
CAP_NET_ADMIN = 12
LEAST_MEMORY = 3 * 1024**3


def problems() -> list[str]:
    """Every reason why the node cannot run here; empty where it can."""
    if platform.system() != "Linux":
        return [f"Linux: this is {platform.system()}"]
    found = []
    if platform.machine() != "x86_64":
        found.append(f"an x86-64 processor: this is {platform.machine()}")
    if os.geteuid() != 0:
        found.append(f"root: this is user {os.geteuid()}")
    else:
        found += _rights(Path("/proc/self/status").read_text())
    found += [f"kernel feature: {name} namespaces" for name in NAMESPACES if not Path(f"/proc/self/ns/{name}").exists()]
    found += [f"kernel module: {name}" for name in KERNEL_MODULES if not _kernel_may_have(name)]
    if not Path("/dev/net/tun").exists():
        found.append("the device /dev/net/tun")
    if not any(line.split()[2].startswith("cgroup") for line in Path("/proc/self/mounts").read_text().splitlines()):
        found.append("control groups, mounted at /sys/fs/cgroup")
    found += _memory(Path("/proc/meminfo").read_text())
    if shutil.which("apt-get") is None:
        found.append("Debian's apt-get, to install containerd, podman and their kind")
    return found


def _rights(status: str) -> list[str]:
    """Root in a container that may not mount or make networks is not enough."""
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    held = int(line.split()[1], 16)
    wanted = {"CAP_SYS_ADMIN": CAP_SYS_ADMIN, "CAP_NET_ADMIN": CAP_NET_ADMIN}
    return [f"the capability {name}" for name, bit in wanted.items() if not held >> bit & 1]


def _memory(meminfo: str) -> list[str]:
    total = int(meminfo.splitlines()[0].split()[1]) * 1024
    if total >= LEAST_MEMORY:
        return []
    return [f"{LEAST_MEMORY >> 30} GB of memory: there are {total / 1024**3:.1f}"]


def _kernel_may_have(name: str) -> bool:
    """False only when the kernel's own lists of modules are here and do not name it."""
    if Path(f"/sys/module/{name}").exists():
        return True
    folder = Path("/lib/modules") / platform.release()
    lists = [folder / "modules.dep", folder / "modules.builtin"]
    if not all(each.exists() for each in lists):
        return True
    return any(f"/{name}.ko" in each.read_text() for each in lists)
