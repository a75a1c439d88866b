"""On what was measured: the machine, and the versions of everything that took part."""

import os
import platform
import subprocess
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from bench.engine.tool import Tool
from local.settings import CHECKOUT
from local.toolchain.binaries import ETCD, KUBERNETES

PACKAGES = ("ruamel.yaml", "kubernetes", "boto3", "pyhelm3")


def machine() -> dict[str, str]:
    processors = Path("/proc/cpuinfo").read_text()
    model = next((line.partition(":")[2].strip() for line in processors.splitlines() if "model name" in line), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return {
        "processor": f"{len(os.sched_getaffinity(0))} x {model}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{load:.1f}",
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(),
    }


def versions(tools: Iterable[Tool]) -> dict[str, str]:
    """A tool that cannot be had says so here, too."""
    told = {tool.program.name: tool.told() or "not to be had: make bench builds or fetches it" for tool in tools}
    server = {"kube-apiserver": KUBERNETES, "etcd": ETCD}
    return {**told, **server, "Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def commit() -> str:
    """What was measured; with a + when the files were not those of the commit."""
    argv = ["git", "describe", "--always", "--dirty=+", "--abbrev=12"]
    return subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False).stdout.strip()
