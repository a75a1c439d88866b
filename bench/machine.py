"""A machine of the benchmark's own: what the demo takes from nothing but the cache, and how long a start takes."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure

SHIPLINE = Path(sys.executable).parent / "shipline"


@contextmanager
def own_machine() -> Iterator[tuple[Mapping[str, str], list[Figure]]]:
    """A running, deployed machine's environment, and the figures of getting there; all of it goes with the block."""
    # A short path: sockets below it must fit into the 107 bytes of a socket's address.
    home = tempfile.mkdtemp(prefix="bench-")
    environ = {**os.environ, "SHIPLINE_HOME": home}
    try:
        demo = timed(environ, "demo", "--yes")
        down = timed(environ, "down")
        up = timed(environ, "up")
        yield (
            environ,
            [
                Figure("make demo, warm: the cache is there, the machine's folder is not", f"{demo:.1f} s", "60 s"),
                Figure("shipline up, with all that was deployed", f"{up:.1f} s"),
                Figure("shipline down", f"{down:.1f} s"),
            ],
        )
    finally:
        subprocess.run([SHIPLINE, "down"], env=environ, check=True)
        shutil.rmtree(home)


def timed(environ: Mapping[str, str], *verb: str) -> float:
    """Seconds that a command of `shipline` takes; its output is shown."""
    began = time.monotonic()
    subprocess.run([SHIPLINE, *verb], env=environ, check=True)
    return time.monotonic() - began
