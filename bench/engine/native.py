"""The programs of `bench/native`, built once per source, and those of them that run beside a benchmark."""

import hashlib
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.settings import CHECKOUT, cache_root
from local.toolchain import go
from local.toolchain.tool import Site, run

SOURCES = CHECKOUT / "bench" / "native"


def program() -> Path:
    """The program, in the cache; built when its source has changed."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()))).hexdigest()[:16]
    built = cache_root(os.environ) / "bench" / f"native-{digest}"
    if not built.exists():
        site = Site(cache_root(os.environ), dict(os.environ), lambda line: print(f"install: {line}", flush=True))
        site.say("the benchmark's relay, from Go")
        command = go.go(site)
        argv = [str(command), "build", "-trimpath", "-o", f"{built}.new", "."]
        run(site, "bench-native", argv, cwd=SOURCES, environ=go.environment(site, command))
        Path(f"{built}.new").rename(built)
    return built


@contextmanager
def relay(port: int, delay: float) -> Iterator[int]:
    """A port of this machine from which `port` is `delay` seconds away, each way."""
    with _running("relay", "-upstream", f"127.0.0.1:{port}", "-delay", f"{delay}s") as (own,):
        yield own


@dataclass(frozen=True)
class Counter:
    port: int
    control: int

    def taken(self) -> dict[str, int]:
        """Requests by "verb resource" since the last call."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.control}/") as answer:
            counts: dict[str, int] = json.load(answer)
            return counts


@contextmanager
def counter(url: str, certificates: Path) -> Iterator[Counter]:
    """A reverse proxy before an API server, which shows the server's own certificate."""
    with _running("count", "-upstream", url, "-certificates", str(certificates)) as (port, control):
        yield Counter(port, control)


@contextmanager
def _running(*arguments: str) -> Iterator[list[int]]:
    """A server of ours, with the ports that it listens at; it ends with its standard input."""
    argv = [str(program()), *arguments]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield [int(word) for word in process.stdout.readline().split()]
        finally:
            process.stdin.close()
            process.wait(10)
