"""`shipline down` leaves nothing: the host is what it was before `shipline up`."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.conftest import SHIPLINE
from tests.machine.test_release_on_bad_days import processes_with

pytestmark = pytest.mark.timeout(180)


def host() -> dict[str, list[str]]:
    """What a machine could leave on its host."""

    def lines(*argv: str) -> list[str]:
        return sorted(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines())

    return {
        "mounts": sorted(Path("/proc/self/mounts").read_text().splitlines()),
        "interfaces": sorted(entry.name for entry in Path("/sys/class/net").iterdir()),
        "network namespaces": lines("ip", "netns", "list"),
        "nftables": lines("nft", "list", "tables"),
        "cgroups": sorted(str(path) for path in Path("/sys/fs/cgroup").glob("*/*") if path.is_dir()),
        "/run": sorted(entry.name for entry in Path("/run").iterdir()),
        # What begins with shipline-kas is the API server of some other test, which may run beside this one.
        "/tmp": sorted(entry.name for entry in Path("/tmp").glob("shipline*") if "-kas-" not in entry.name),
    }


@pytest.mark.parametrize("end", ["down", "kill"])
def test_nothing_is_left_of_a_machine(end: str):
    root = Path(tempfile.mkdtemp(prefix="shipline-down-"))
    environ = {**os.environ, "SHIPLINE_HOME": str(root)}
    before = host()
    try:
        subprocess.run([SHIPLINE, "up"], env=environ, check=True)
        if end == "kill":
            os.kill(int((root / "run" / "machine.pid").read_text()), 9)
        subprocess.run([SHIPLINE, "down"], env=environ, check=True)
        assert processes_with(str(root)) == []
        assert host() == before
    finally:
        subprocess.run([SHIPLINE, "down"], env=environ, check=False)
        shutil.rmtree(root)
